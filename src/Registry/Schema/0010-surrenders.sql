-- R-REG-10: a surrender may be taken back for a while; what of it was is known here.
create table registry.surrenders (
    id         bigint generated always as identity primary key,
    account    integer not null,
    instrument integer not null,
    version    bigint not null,
    units      bigint not null check (units > 0),
    reversed   bigint not null default 0 check (reversed between 0 and units),
    obligation text not null,
    at_us      bigint not null,
    unique (account, instrument, version)
);

-- What was surrendered before, where there is a log already.
do $$ begin
    if to_regclass('events.mt_events') is not null then
        insert into registry.surrenders (account, instrument, version, units, obligation, at_us)
        select split_part(stream_id, '/', 2)::integer, split_part(stream_id, '/', 3)::integer, version, (data ->> 'units')::bigint, data ->> 'obligation', (extract(epoch from timestamp) * 1000000)::bigint
        from events.mt_events where type = 'right_surrendered' order by seq_id;
    end if;
end $$;

-- A debit that was taken back whole owes nothing.
alter table registry.shortfalls add column reversed_us bigint null;

-- Numbers that a surrender gave up are kept by it: all of them are followed anew from the log.
alter table registry.serial_blocks add column surrender bigint not null default 0;
truncate registry.serial_ledgers, registry.serial_blocks, registry.serial_moves, registry.serials_followed;

-- Messages that could not be handled, laid aside with their reason. The rows are the truth and the bus only the wake-up: what is told again is the trade, not the bytes.
create table settlement.parked_messages (
    id        bigint generated always as identity primary key,
    queue     text not null,
    trade_no  bigint null,
    version   bigint null,
    body      text not null,
    reason    text not null,
    tries     integer not null default 1 check (tries > 0),
    state     smallint not null default 1,
    parked_us bigint not null,
    ended_us  bigint null,
    by_user   text null,
    by_role   text null,
    why       text null,
    check ((trade_no is null) = (version is null))
);
-- The same once more counts on the row that stands.
create unique index parked_messages_of_trade on settlement.parked_messages (queue, trade_no, version) where state = 1 and trade_no is not null;
create unique index parked_messages_unreadable on settlement.parked_messages (queue, md5(body)) where state = 1 and trade_no is null;
create index parked_messages_standing on settlement.parked_messages (trade_no, version) where state = 1;

-- What somebody must look at, with what was compared.
alter table settlement.alerts add column account integer null, add column instrument integer null, add column books text null, add column says bigint null, add column should bigint null;
-- How far the books were compared while trading went on.
insert into settlement.positions values ('reconciler', 0);

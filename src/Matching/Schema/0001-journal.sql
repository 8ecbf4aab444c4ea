create schema if not exists matching;

-- The truth of the market: one row a batch, in order, chained by hash.
create table matching.batches (
    first_sequence bigint primary key,
    count          integer not null check (count > 0),
    epoch          bigint not null,
    version        smallint not null,
    commands       bytea not null,
    outputs        bytea not null,
    texts          bytea not null,
    previous_hash  bytea not null check (octet_length(previous_hash) = 32),
    hash           bytea not null check (octet_length(hash) = 32),
    committed_at   timestamptz not null default clock_timestamp()
);
alter table matching.batches alter column commands set storage external;
alter table matching.batches alter column outputs set storage external;
alter table matching.batches alter column texts set storage external;

-- Commands staged by other modules in their own transactions; taken_by is the first sequence of the batch that carries the row.
create table matching.inbox (
    id       bigint generated always as identity primary key,
    command  bytea not null check (octet_length(command) = 64),
    taken_by bigint null
);
create index inbox_pending on matching.inbox (id) where taken_by is null;

-- Who leads. The epoch stands in a row of its own: renewals of the lease never touch what every batch reads for share.
create table matching.lease (
    role         text primary key,
    holder       text not null,
    backend_pid  integer not null,
    lasts_until  timestamptz not null
);
create table matching.epoch (
    role  text primary key,
    epoch bigint not null
);

-- One round trip: fence, chain, row, inbox. 0 = committed with this call's transaction, 1 = another epoch rules, nothing written.
create function matching.commit_batch(
    p_epoch bigint, p_holder text, p_first bigint, p_count integer, p_version smallint, p_commands bytea, p_outputs bytea, p_texts bytea,
    p_previous bytea, p_hash bytea, p_inbox bigint[]) returns integer language plpgsql as $$
declare
    ruling bigint;
    before record;
    marked integer;
begin
    perform set_config('application_name', p_holder, true);
    select epoch into ruling from matching.epoch where role = 'market' for share;
    if ruling is distinct from p_epoch then
        return 1;
    end if;
    select first_sequence + count as next, hash into before from matching.batches order by first_sequence desc limit 1;
    if found then
        if before.next <> p_first or before.hash <> p_previous then
            raise exception 'batch % does not follow %', p_first, before.next - 1 using errcode = 'MJ001';
        end if;
    elsif p_first <> 1 then
        raise exception 'the first batch begins at 1, not at %', p_first using errcode = 'MJ001';
    end if;
    insert into matching.batches (first_sequence, count, epoch, version, commands, outputs, texts, previous_hash, hash)
    values (p_first, p_count, p_epoch, p_version, p_commands, p_outputs, p_texts, p_previous, p_hash);
    update matching.inbox set taken_by = p_first where id = any(p_inbox) and taken_by is null;
    get diagnostics marked = row_count;
    if marked <> cardinality(p_inbox) then
        raise exception '% of % inbox rows were pending', marked, cardinality(p_inbox) using errcode = 'MJ002';
    end if;
    return 0;
end $$;

-- Takes the lease if it is free or ours: ends the old holder's open transactions, then raises the epoch. Null: another holds it.
create function matching.take_lease(p_role text, p_holder text, p_lasts interval) returns bigint language plpgsql as $$
declare
    held record;
    raised bigint;
begin
    insert into matching.lease values (p_role, p_holder, pg_backend_pid(), clock_timestamp() - interval '1 second') on conflict do nothing;
    select * into held from matching.lease where role = p_role for update;
    if held.holder <> p_holder then
        if held.lasts_until > clock_timestamp() then
            return null;
        end if;
        perform pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and (application_name = held.holder or (pid = held.backend_pid and application_name = held.holder || ' lease'));
    end if;
    insert into matching.epoch values (p_role, 1) on conflict (role) do update set epoch = matching.epoch.epoch + 1 returning epoch into raised;
    update matching.lease set holder = p_holder, backend_pid = pg_backend_pid(), lasts_until = clock_timestamp() + p_lasts where role = p_role;
    return raised;
end $$;

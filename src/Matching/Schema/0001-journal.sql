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
    command  bytea not null,
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

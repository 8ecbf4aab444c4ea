-- The market as it stood after a batch: a start lives only what came later. Nothing here is truth; the journal gives it again.
create table matching.snapshots (
    sequence   bigint primary key,
    at_us      bigint not null,
    batch_hash bytea not null check (octet_length(batch_hash) = 32),
    checksum   bytea not null check (octet_length(checksum) = 32),
    taken_at   timestamptz not null default clock_timestamp()
);
create table matching.snapshot_parts (
    sequence bigint not null references matching.snapshots on delete cascade,
    part     integer not null,
    bytes    bytea not null,
    primary key (sequence, part)
);
alter table matching.snapshot_parts alter column bytes set storage external;

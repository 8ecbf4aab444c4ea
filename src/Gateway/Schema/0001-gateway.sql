create schema if not exists gateway;

create table gateway.users (
    name          text primary key check (length(name) between 1 and 64),
    password_hash text not null,
    role          text not null,
    participant   text null,
    failed        integer not null default 0,
    locked_until  timestamptz null
);

-- The one-time link that makes the first administrator; only its hash is kept.
create table gateway.setup (
    token_hash bytea primary key
);

create table gateway.marks (
    name text primary key
);

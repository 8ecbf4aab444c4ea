create schema if not exists registry;

create table registry.participants (
    account     integer primary key check (account > 0),
    id          text not null unique,
    credit_code text not null unique,
    name_zh     text not null,
    name_en     text not null,
    kind        smallint not null,
    region      text not null,
    basin       text not null
);

create table registry.instruments (
    number        integer primary key check (number > 0),
    symbol        text not null unique,
    name_zh       text not null,
    name_en       text not null,
    class         smallint not null,
    indicator     text null,
    basin         text null,
    region        text null,
    unit          text not null,
    unit_decimals smallint not null check (unit_decimals between 0 and 9),
    venue_mode    smallint not null,
    vintage       text null,
    valid_through date null
);

-- Balances that decide, in minimum units. Awaiting: sold, the authority has not confirmed yet.
create table registry.holdings (
    account    integer not null references registry.participants,
    instrument integer not null references registry.instruments,
    available  bigint not null default 0 check (available >= 0),
    earmarked  bigint not null default 0 check (earmarked >= 0),
    pledged    bigint not null default 0 check (pledged >= 0),
    frozen     bigint not null default 0 check (frozen >= 0),
    awaiting   bigint not null default 0 check (awaiting >= 0),
    version    bigint not null default 0,
    primary key (account, instrument)
);

-- R-REG-02: issued = held + surrendered + cancelled + retired + expired. Touched only by what changes supply.
create table registry.supply (
    instrument  integer primary key references registry.instruments,
    issued      bigint not null default 0 check (issued >= 0),
    surrendered bigint not null default 0 check (surrendered >= 0),
    cancelled   bigint not null default 0 check (cancelled >= 0),
    retired     bigint not null default 0 check (retired >= 0),
    expired     bigint not null default 0 check (expired >= 0),
    check (issued >= surrendered + cancelled + retired + expired)
);

-- R-REG-09: a repeated operation is answered as the first; its content is known by a digest.
create table registry.operations (
    account   integer not null,
    operation text not null check (length(operation) between 1 and 100),
    digest    bytea not null,
    primary key (account, operation)
);

-- What was given at first, on what terms, and what of it still stands.
create table registry.allocations (
    id            bigint generated always as identity primary key,
    plan          text not null,
    account       integer not null references registry.participants,
    instrument    integer not null references registry.instruments,
    units         bigint not null check (units > 0),
    basis         smallint not null,
    price         numeric null,
    fen           bigint not null check (fen >= 0),
    valid_through date not null,
    granted_us    bigint not null,
    standing      bigint not null check (standing between 0 and units)
);
create index on registry.allocations (account);
create index on registry.allocations (plan);

create table registry.buy_backs (
    id         bigint generated always as identity primary key,
    allocation bigint not null references registry.allocations,
    reserve    integer not null references registry.participants,
    units      bigint not null check (units > 0),
    months     integer not null,
    fen        bigint not null check (fen >= 0),
    at_us      bigint not null
);
create index on registry.buy_backs (allocation);

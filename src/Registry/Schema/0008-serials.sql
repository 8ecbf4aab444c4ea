-- R-REG-04: which serial numbers an account holds, followed from the log of its holdings. Nothing decides on them but a transfer that picks numbers.
create table registry.serial_ledgers (
    instrument integer primary key references registry.instruments,
    issued     bigint not null
);

create table registry.serial_blocks (
    instrument integer not null,
    first      bigint not null check (first > 0),
    last       bigint not null check (last >= first),
    account    integer not null,
    primary key (instrument, first)
);
create index on registry.serial_blocks (instrument, account);

create table registry.serial_moves (
    id         bigint generated always as identity primary key,
    instrument integer not null,
    first      bigint not null,
    last       bigint not null,
    giver      integer null,
    taker      integer null,
    how        text not null,
    at_us      bigint not null
);
create index on registry.serial_moves using gist (int8range(first, last, '[]'));

create table registry.serials_followed (
    account    integer not null,
    instrument integer not null,
    version    bigint not null,
    primary key (account, instrument)
);

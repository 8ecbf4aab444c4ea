-- R-SET-03: what the settlement bank says, line by line, and each account's balance at the end of a day.
create table settlement.bank_statements (
    number   text primary key,
    day      date not null,
    digest   bytea not null,
    taken_us bigint not null
);

create table settlement.bank_lines (
    id          bigint generated always as identity primary key,
    statement   text not null references settlement.bank_statements,
    reference   text not null unique,
    participant text null,
    fen         bigint not null check (fen <> 0),
    note        text not null,
    state       smallint not null,
    account     integer null,
    why         text null,
    worked_user text null,
    worked_role text null
);
create index bank_lines_unmatched on settlement.bank_lines (id) where state = 3;

create table settlement.bank_balances (
    day     date not null,
    account integer not null,
    fen     bigint not null,
    primary key (day, account)
);

-- R-SET-06: register = market = money = bank at the end of a day.
create table settlement.day_ends (
    day      date primary key,
    at_us    bigint not null,
    compared bigint not null,
    by_user  text not null,
    by_role  text not null
);

create table settlement.breaks (
    day        date not null references settlement.day_ends,
    number     integer not null,
    account    integer not null,
    instrument integer not null,
    books      text not null,
    says       bigint not null,
    should     bigint not null,
    primary key (day, number)
);

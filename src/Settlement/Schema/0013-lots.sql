-- R-SET-04: lots, and the deposits laid down for them. What is held lies in fund account -2.
create table settlement.lots (
    id          bigint generated always as identity primary key,
    seller      integer not null,
    instrument  integer not null,
    units       bigint not null check (units > 0),
    price       numeric not null check (price > 0),
    operation   text not null,
    state       smallint not null,
    round       integer not null default 1,
    bound       boolean not null,
    listed_us   bigint not null,
    winner      integer null,
    award_price numeric null,
    fen         bigint null check (fen > 0),
    pay_by_us   bigint null,
    unique (seller, operation),
    check ((state in (2, 3)) = (winner is not null and award_price is not null and fen is not null and pay_by_us is not null))
);
create index lots_unpaid on settlement.lots (pay_by_us) where state = 2;

create table settlement.deposits (
    id       bigint generated always as identity primary key,
    lot      bigint not null references settlement.lots,
    round    integer not null,
    account  integer not null,
    fen      bigint not null check (fen > 0),
    state    smallint not null,
    taken_us bigint not null,
    ended_us bigint null,
    unique (lot, round, account),
    check ((state = 1) = (ended_us is null))
);

-- Only the bank's account is ever below zero.
alter table settlement.fund_accounts add check (account <> -2 or (available >= 0 and in_market = 0 and awaiting = 0 and frozen = 0));

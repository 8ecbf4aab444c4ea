-- A negotiated trade moves no price of the market.
alter table matching.trades add column negotiated boolean not null default false;

-- Sales by auction, by the number of the order that stands for what is sold (or wanted). reserve_ticks 0: none; until_us 0: until somebody closes it; closed_at: journal sequence of the close.
create table matching.sales (
    number        bigint primary key,
    account       integer not null,
    instrument    integer not null,
    side          smallint not null,
    reserve_ticks bigint not null,
    lots          bigint not null,
    until_us      bigint not null,
    opened_us     bigint not null,
    closed_us     bigint null,
    closed_at     bigint null,
    ticks         bigint null,
    sold          bigint not null default 0,
    bids          bigint not null default 0,
    seed          bigint null
);
create index sales_of_instrument on matching.sales (instrument, number);

-- Trades that one account proposed to another. reason 0 and no trade: it is open; else why it ended.
create table matching.proposals (
    number       bigint primary key,
    account      integer not null,
    counterparty integer not null,
    instrument   integer not null,
    side         smallint not null,
    ticks        bigint not null,
    lots         bigint not null,
    client_id    text null,
    proposed_us  bigint not null,
    ended_us     bigint null,
    reason       smallint not null default 0,
    trade_no     bigint null
);
create index proposals_of_account on matching.proposals (account, number);
create index proposals_to_account on matching.proposals (counterparty, number);

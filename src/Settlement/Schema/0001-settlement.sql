create schema if not exists settlement;

-- How far each reader of the market's journal has come; the settler moves its row in the transaction of what it booked.
create table settlement.positions (
    reader   text primary key,
    sequence bigint not null
);
insert into settlement.positions values ('settler', 0);

-- What trading an instrument means.
create table settlement.listings (
    instrument   integer primary key,
    tick         numeric not null check (tick > 0),
    lot          numeric not null check (lot > 0),
    years_num    bigint not null,
    years_den    bigint not null,
    conditional  boolean not null,
    confirmation smallint not null,
    reference    bigint null,
    lower_ticks  bigint null,
    upper_ticks  bigint null,
    fee          integer not null check (fee between 0 and 1000000),
    units_per_lot bigint not null check (units_per_lot > 0)
);

-- Rights and money on their way into or out of the market.
create table settlement.transfers (
    id           bigint generated always as identity primary key,
    account      integer not null,
    kind         smallint not null,
    instrument   integer not null,
    amount       bigint not null check (amount > 0),
    status       smallint not null,
    code         text null,
    needed       bigint not null default 0,
    had          bigint not null default 0,
    operation    text null,
    requested_us bigint not null,
    finished_us  bigint null,
    unique (account, operation)
);

-- Money in fen. Accounts above 0 are participants'; 0 collects fees; -1 is the settlement bank, which owes what was paid in.
create table settlement.fund_accounts (
    account   integer primary key,
    available bigint not null default 0,
    in_market bigint not null default 0,
    awaiting  bigint not null default 0,
    frozen    bigint not null default 0,
    check (account < 0 or (available >= 0 and in_market >= 0 and awaiting >= 0 and frozen >= 0))
);

-- Double entry: the postings of one entry sum to zero.
create table settlement.postings (
    id      bigint generated always as identity primary key,
    entry   text not null,
    account integer not null,
    bucket  smallint not null,
    fen     bigint not null check (fen <> 0)
);
create index postings_of_entry on settlement.postings (entry);

-- The bank's references that were booked (R-REG-09).
create table settlement.payments (
    reference text primary key,
    account   integer not null,
    fen       bigint not null
);

create table settlement.deliveries (
    trade_no    bigint primary key,
    sequence    bigint not null,
    instrument  integer not null,
    buyer       integer not null,
    seller      integer not null,
    buy_order   bigint not null,
    sell_order  bigint not null,
    ticks       bigint not null,
    lots        bigint not null,
    amount      bigint not null,
    buy_fee     bigint not null,
    sell_fee    bigint not null,
    state       smallint not null,
    authority   text null,
    executed_us bigint not null,
    answer_by_us bigint null,
    done_lots   bigint not null,
    timeline    jsonb not null,
    version     bigint not null,
    announced   bigint not null default 0
);
create index deliveries_of_buyer on settlement.deliveries (buyer, trade_no desc);
create index deliveries_of_seller on settlement.deliveries (seller, trade_no desc);
create index deliveries_unannounced on settlement.deliveries (trade_no) where announced < version;

-- The confirmation desk: which trades lie before which authority.
create table settlement.desk (
    trade_no  bigint primary key references settlement.deliveries,
    authority text not null,
    opened_us bigint not null
);
create index desk_of_authority on settlement.desk (authority, trade_no);

-- What each side was told, once a version.
create table settlement.notices (
    trade_no bigint not null,
    version  bigint not null,
    account  integer not null,
    state    smallint not null,
    at_us    bigint not null,
    primary key (trade_no, version, account)
);

create table settlement.freezes (
    id           bigint generated always as identity primary key,
    account      integer not null,
    instrument   integer not null,
    amount       bigint not null check (amount > 0),
    taken        bigint not null default 0 check (taken >= 0),
    document     text not null,
    state        smallint not null,
    ordered_user text not null,
    ordered_role text not null,
    carried_user text null,
    carried_role text null,
    ordered_us   bigint not null
);

-- What could not be booked; its two accounts are blocked in the market.
create table settlement.alerts (
    id       bigint generated always as identity primary key,
    sequence bigint not null,
    trade_no bigint not null,
    text     text not null,
    at_us    bigint not null
);

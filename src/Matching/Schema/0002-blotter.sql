-- The journal as tables that can be asked; written by a follower, rebuilt from the journal at will.
create table matching.orders (
    sequence    bigint primary key,
    number      bigint not null,
    account     integer not null,
    instrument  integer not null,
    client_id   text null,
    side        smallint not null,
    type        smallint not null,
    tif         smallint not null,
    ticks       bigint not null,
    lots        bigint not null,
    filled      bigint not null,
    ticks_lots  numeric not null,
    status      smallint not null,
    code        integer not null,
    needed      bigint not null,
    had         bigint not null,
    reason      smallint not null,
    entered_us  bigint not null,
    changed_us  bigint not null
);
create unique index orders_number on matching.orders (number) where number > 0;
create index orders_of_account on matching.orders (account, sequence desc);
create index orders_by_client_id on matching.orders (account, client_id, sequence desc) where client_id is not null;
create index orders_resting on matching.orders (instrument, side, ticks) where status in (1, 2);

create table matching.trades (
    trade_no    bigint primary key,
    sequence    bigint not null,
    instrument  integer not null,
    ticks       bigint not null,
    lots        bigint not null,
    amount      bigint not null,
    aggressor   smallint not null,
    pending     boolean not null,
    at_us       bigint not null
);
create index trades_of_instrument on matching.trades (instrument, trade_no);

-- sequence counts what touched the instrument's book: orders accepted, replaced, cancelled, trades, phases.
create table matching.books (
    instrument  integer primary key,
    sequence    bigint not null,
    phase       smallint not null,
    last_ticks  bigint null
);

-- How far the follower has come, in journal sequences.
create table matching.blotter_position (
    one_row  boolean primary key default true check (one_row),
    sequence bigint not null
);
insert into matching.blotter_position values (true, 0);

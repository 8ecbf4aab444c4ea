-- R-SET-03: money that is asked out is held in a bucket of its own until the bank has paid it.
alter table settlement.fund_accounts add column paying_out bigint not null default 0 check (account < 0 or paying_out >= 0);

create table settlement.payment_files (
    number    bigint primary key,
    made_us   bigint not null,
    made_user text not null,
    made_role text not null,
    payouts   integer not null check (payouts > 0),
    fen       bigint not null check (fen > 0)
);

create table settlement.payouts (
    id            bigint generated always as identity primary key,
    account       integer not null,
    fen           bigint not null check (fen > 0),
    operation     text not null,
    state         smallint not null,
    four_eyes     boolean not null,
    asked_user    text not null,
    asked_role    text not null,
    asked_us      bigint not null,
    approved_user text null,
    approved_role text null,
    file          bigint null references settlement.payment_files,
    debited       boolean not null default false,
    why           text null,
    ended_us      bigint null,
    unique (account, operation),
    check ((state in (2, 3, 4)) = (file is not null))
);
create index payouts_waiting on settlement.payouts (id) where state in (1, 2);
create index payouts_of_file on settlement.payouts (file);

-- What the bank pays out carries our reference, and so does what it sends back of it: two lines, one each way.
alter table settlement.bank_lines drop constraint bank_lines_reference_key;
create unique index bank_lines_reference on settlement.bank_lines (reference, (fen > 0));

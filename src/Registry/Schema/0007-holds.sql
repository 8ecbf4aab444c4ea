-- R-REG-03: what is kept back for a reason that has a name; the pledged bucket is moved by holds too.
alter table registry.holdings add column held bigint not null default 0 check (held >= 0);

create table registry.holds (
    account    integer not null references registry.participants,
    reference  text not null check (length(reference) between 1 and 100),
    instrument integer not null references registry.instruments,
    reason     smallint not null,
    units      bigint not null check (units > 0),
    standing   bigint not null check (standing between 0 and units),
    placed_us  bigint not null,
    ended_us   bigint null,
    primary key (account, reference),
    check ((standing = 0) = (ended_us is not null))
);
create index on registry.holds (reason) where standing > 0;

-- R-REG-10: what was allocated wrongly and taken back is a place of its own where units went.
alter table registry.supply add column reversed bigint not null default 0 check (reversed >= 0);
alter table registry.supply drop constraint supply_check;
alter table registry.supply add constraint supply_check check (issued >= surrendered + cancelled + retired + expired + reversed);

create table registry.reversals (
    id         bigint generated always as identity primary key,
    allocation bigint not null references registry.allocations,
    units      bigint not null check (units > 0),
    fen        bigint not null check (fen >= 0),
    reason     text not null,
    at_us      bigint not null
);
create index on registry.reversals (allocation);

-- R-REG-03: what was due and could not be met; the base of a penalty.
create table registry.shortfalls (
    id         bigint generated always as identity primary key,
    account    integer not null references registry.participants,
    instrument integer not null references registry.instruments,
    obligation text not null,
    due        bigint not null check (due > 0),
    met        bigint not null check (met between 0 and due),
    rate       numeric not null,
    fen        bigint not null check (fen >= 0),
    at_us      bigint not null,
    unique (account, instrument, obligation)
);

-- Whose people decide a proposal, where it is no authority's to decide.
alter table registry.proposals add column decider text null;
create index on registry.proposals (affected);
create index on registry.proposals (decider);

-- R-POL-08: with somebody else until a day.
create table registry.leases (
    id          bigint primary key references registry.proposals,
    instrument  integer not null references registry.instruments,
    account     integer not null references registry.participants,
    lessee      integer not null references registry.participants,
    units       bigint not null check (units > 0),
    through     date not null,
    returned_us bigint null
);
create index on registry.leases (through) where returned_us is null;

-- What a participant orders to be handed over outside the market (R-REG-08, R-REG-12).
create table registry.transfer_orders (
    id           bigint generated always as identity primary key,
    account      integer not null references registry.participants,
    instrument   integer not null references registry.instruments,
    receiver     integer not null references registry.participants,
    units        bigint not null check (units > 0),
    reason       text not null check (length(reason) > 0),
    operation    text not null,
    state        smallint not null,
    ordered_user text not null,
    ordered_role text not null,
    ordered_us   bigint not null,
    decided_user text null,
    decided_role text null,
    due_us       bigint null,
    ended_us     bigint null,
    unique (account, operation),
    check (decided_user is null or decided_user <> ordered_user),
    check ((state in (3, 4, 5)) = (ended_us is not null))
);
create index on registry.transfer_orders (due_us) where state = 2;

create table registry.trusted_accounts (
    account    integer not null references registry.participants,
    trusted    integer not null references registry.participants,
    from_us    bigint not null,
    named_user text not null,
    named_role text not null,
    primary key (account, trusted),
    check (account <> trusted)
);

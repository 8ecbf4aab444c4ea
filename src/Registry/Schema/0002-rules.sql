-- What one person asks for and another decides (R-REG-08). The body is kept as it was asked.
create table registry.proposals (
    id            bigint generated always as identity primary key,
    kind          text not null,
    body          text not null,
    reason        text not null check (length(reason) > 0),
    affected      text null,
    proposed_user text not null,
    proposed_role text not null,
    proposed_us   bigint not null,
    state         smallint not null,
    decided_user  text null,
    decided_role  text null,
    decided_us    bigint null,
    comment       text null,
    check ((state = 1) = (decided_user is null)),
    check (decided_user is null or decided_user <> proposed_user)
);

-- Dated rules: a version is never changed and never leaves; the one in force at an instant is the last that takes effect by then.
create table registry.rules (
    key             text not null,
    version         integer not null check (version > 0),
    effective_us    bigint not null,
    body            text not null,
    legal_reference text not null,
    author_user     text not null,
    author_role     text not null,
    approver_user   text not null,
    approver_role   text not null,
    approved_us     bigint not null,
    primary key (key, version),
    check (author_user <> approver_user)
);

-- Dated facts of a participant, as they stand now; the stream of the participant tells how they came about.
create table registry.standings (
    account        integer primary key references registry.participants,
    state          smallint not null,
    credit_score   smallint not null check (credit_score between 0 and 100),
    source_class   text null,
    sector         text null,
    zone           text null,
    control_group  text null,
    permit_through date null,
    version        bigint not null
);

alter table registry.instruments add column source_class text null;

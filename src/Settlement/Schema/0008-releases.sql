-- R-POL-11, R-ENE-07: what a government reserve puts up, who asked for it, and what each got.
create table settlement.releases (
    id         bigint primary key,
    instrument integer not null,
    reserve    integer not null,
    units      bigint not null check (units > 0),
    price      numeric not null check (price > 0),
    state      smallint not null,
    opened_us  bigint not null,
    awarded_us bigint null,
    check ((state = 2) = (awarded_us is not null))
);

create table settlement.release_requests (
    id        bigint generated always as identity primary key,
    release   bigint not null references settlement.releases,
    account   integer not null,
    project   text null,
    units     bigint not null check (units > 0),
    bid       numeric not null check (bid > 0),
    operation text not null,
    at_us     bigint not null,
    awarded   bigint not null default 0 check (awarded between 0 and units),
    price     numeric null,
    paid      bigint not null default 0 check (paid >= 0),
    why       text null,
    unique (account, operation),
    check ((awarded > 0) = (price is not null))
);
create index on settlement.release_requests (release);

-- R-REG-09: a repeat is answered with the first result, the holding as it was left: available, earmarked, pledged, frozen, awaiting, version.
-- Null: done before results were kept.
alter table registry.operations add column result bigint[] null;

-- R-REG-13: what was given up for nothing is published.
create table registry.cancellations (
    id           bigint generated always as identity primary key,
    account      integer not null references registry.participants,
    instrument   integer not null references registry.instruments,
    units        bigint not null check (units > 0),
    reason       text not null,
    cancelled_us bigint not null
);

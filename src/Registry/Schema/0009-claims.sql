-- Keys of what the house asks begin with a colon, so that no holder can use one up. What it asked under plain keys before is known under both.
insert into registry.operations (account, operation, digest, result) select account, ':' || operation, digest, result from registry.operations where length(operation) < 100 on conflict do nothing;

-- R-REG-09: one obligation of a participant and instrument is met once, from the moment its debit is submitted.
create table registry.obligations (
    account    integer not null,
    instrument integer not null,
    obligation text not null,
    proposal   bigint not null,
    primary key (account, instrument, obligation)
);

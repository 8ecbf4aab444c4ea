-- From which facts the market was last told who may trade what.
create table settlement.permits (
    one   boolean primary key default true check (one),
    basis text not null
);

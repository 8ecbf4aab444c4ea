-- R-REG-14: total control by county, indicator and year, in ten-thousandths of the legal unit.
create table registry.cap_ledgers (
    indicator text primary key,
    version   bigint not null
);

create table registry.caps (
    indicator   text not null references registry.cap_ledgers,
    year        integer not null,
    region      text not null check (length(region) = 6),
    limit_units bigint null check (limit_units >= 0),
    elastic     bigint not null check (elastic >= 0),
    new_quota   bigint not null check (new_quota >= 0),
    offered     bigint not null,
    allocated   bigint not null check (allocated >= 0),
    reserve     bigint not null check (reserve >= 0),
    moved_in    bigint not null check (moved_in >= 0),
    moved_out   bigint not null check (moved_out >= 0),
    used        bigint not null check (used >= 0),
    primary key (indicator, year, region)
);

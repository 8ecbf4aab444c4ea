-- What meters and CEMS read, hour by hour, in ten-thousandths of the legal unit.
create table registry.readings (
    account   integer not null references registry.participants,
    indicator text not null,
    hour_us   bigint not null check (hour_us % 3600000000 = 0),
    units     bigint not null check (units >= 0),
    quality   smallint not null,
    source    text not null,
    primary key (account, indicator, hour_us)
);

create table registry.years_of_use (
    account   integer not null references registry.participants,
    indicator text not null,
    year      integer not null,
    region    text not null,
    actual    bigint not null,
    held      bigint not null,
    primary key (account, indicator, year)
);

-- R-POL-12: a year above the right.
create table registry.excess_cases (
    id          bigint generated always as identity primary key,
    account     integer not null references registry.participants,
    indicator   text not null,
    year        integer not null,
    actual      bigint not null,
    held        bigint not null,
    fine_from   numeric not null,
    fine_to     numeric not null,
    later_cures boolean not null,
    opened_us   bigint not null,
    unique (account, indicator, year)
);

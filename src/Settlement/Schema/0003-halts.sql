-- Halts of trading (停牌): one person stops it, two resume it.
create table settlement.halts (
    id           bigint generated always as identity primary key,
    instrument   integer not null,
    reason       text not null,
    state        smallint not null,
    ordered_user text not null,
    ordered_role text not null,
    ordered_us   bigint not null,
    resume_reason text null,
    resume_user  text null,
    resume_role  text null,
    carried_user text null,
    carried_role text null,
    resumed_us   bigint null
);
create unique index halts_standing on settlement.halts (instrument) where state in (1, 2);

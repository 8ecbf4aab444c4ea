-- Requests to cancel an erroneous final trade: one person asks, another approves, the market carries it out or refuses. One a trade may stand.
create table settlement.busts (
    id            bigint generated always as identity primary key,
    trade_no      bigint not null,
    reason        text not null,
    state         smallint not null,
    asked_user    text not null,
    asked_role    text not null,
    asked_us      bigint not null,
    answered_user text null,
    answered_role text null,
    answered_us   bigint null,
    code          integer not null default 0,
    needed        bigint not null default 0,
    had           bigint not null default 0,
    heard         bigint not null default 0
);
create unique index busts_standing on settlement.busts (trade_no) where state in (1, 2);

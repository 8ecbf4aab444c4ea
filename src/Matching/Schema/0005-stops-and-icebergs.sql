-- What an order carries besides its price, and what the book shows of it. Status 6: a stop that waits, 7: expired.
alter table matching.orders
    add column stop_ticks bigint not null default 0,
    add column display    bigint not null default 0,
    add column shown      bigint not null default 0,
    add column min_lots   bigint not null default 0,
    add column until_us   bigint not null default 0,
    add column post_only  boolean not null default false;
update matching.orders set shown = lots - filled where status in (1, 2);

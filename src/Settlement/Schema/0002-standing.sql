-- Where in the journal the market last spoke of a delivery: a repeat is known by it.
alter table settlement.deliveries add column heard bigint null;
update settlement.deliveries set heard = sequence;
alter table settlement.deliveries alter column heard set not null;
create index deliveries_waiting on settlement.deliveries (answer_by_us) where state = 1;

-- Freezes that wait for more (轮候冻结), found by the balance they wait for.
create index freezes_standing on settlement.freezes (account, instrument) where state in (2, 3);
alter table settlement.freezes add check (taken <= amount) not valid;
alter table settlement.freezes add column lift_document text null;

-- 1: could not be booked, its accounts are blocked. 2: an authority's time ran out.
alter table settlement.alerts add column kind smallint not null default 1;
create unique index alerts_overdue on settlement.alerts (trade_no) where kind = 2;

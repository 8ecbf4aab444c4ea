-- R-POL-13, R-ENE-06: what a trade must pass is a procedure of its class, in dated rules; a trade keeps the steps of its instant.
alter table settlement.listings add column procedure text null;
update settlement.listings set procedure = case confirmation when 1 then 'buyersCounty' when 2 then 'province' end;
alter table settlement.listings drop column conditional, drop column confirmation;

alter table settlement.deliveries add column steps jsonb not null default '[]';
alter table settlement.deliveries add column step smallint not null default 0;
alter table settlement.deliveries add column waiting text[] not null default '{}';
alter table settlement.deliveries add column settled_lots bigint not null default 0;
alter table settlement.deliveries add column proposed jsonb null;
update settlement.deliveries set settled_lots = case state when 4 then lots when 7 then lots else 0 end, waiting = case when state = 1 then array[authority] else '{}' end,
    steps = case when authority is null then '[]' else jsonb_build_array(jsonb_build_object('Kind', 1, 'By', jsonb_build_array(authority), 'WorkingDays', null,
        'Missed', case authority when '320000' then 2 else 1 end, 'InPart', false, 'FourEyesAboveFen', null)) end;
alter table settlement.deliveries drop column authority;
drop index settlement.deliveries_waiting;
create index deliveries_waiting on settlement.deliveries (answer_by_us) where state in (1, 8, 9, 10, 11, 12);

-- A trade may lie before several authorities, one after the other or at once.
alter table settlement.desk drop constraint desk_pkey;
alter table settlement.desk add primary key (trade_no, authority);

-- Each step's time may run out.
alter table settlement.alerts add column step smallint not null default 0;
drop index settlement.alerts_overdue;
create unique index alerts_overdue on settlement.alerts (trade_no, step) where kind = 2;

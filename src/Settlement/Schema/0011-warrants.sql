-- R-REG-06: who froze, by which law, and from which day to which. What was frozen before names only its document.
alter table settlement.freezes add column kind smallint not null default 1;
alter table settlement.freezes add column authority text not null default '';
alter table settlement.freezes add column officer text not null default '';
alter table settlement.freezes add column basis text null;
alter table settlement.freezes add column first_day date null;
alter table settlement.freezes add column last_day date null;
alter table settlement.freezes add check (last_day >= first_day);
create index freezes_lapsing on settlement.freezes (last_day) where state in (1, 2, 3);

-- 0 while all is ordered and not carried out yet, or was never carried out.
alter table settlement.freezes drop constraint freezes_amount_check;
alter table settlement.freezes add constraint freezes_amount_check check (amount > 0 or (amount = 0 and state in (1, 6, 7)));

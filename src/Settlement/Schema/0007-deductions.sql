-- R-REG-06: what a court takes of what it froze (扣划). A freeze of which everything was taken stands at nothing.
alter table settlement.freezes drop constraint freezes_amount_check;
alter table settlement.freezes add constraint freezes_amount_check check (amount > 0 or (amount = 0 and state = 6));
alter table settlement.freezes add column deduct_to integer null;
alter table settlement.freezes add column deduct_amount bigint null check (deduct_amount > 0);
alter table settlement.freezes add column deduct_document text null;
alter table settlement.freezes add column deducted bigint not null default 0 check (deducted >= 0);
alter table settlement.freezes add check ((state = 5) = (deduct_to is not null and deduct_amount is not null and deduct_document is not null));
drop index settlement.freezes_standing;
create index freezes_standing on settlement.freezes (account, instrument) where state in (2, 3, 5);

-- R-SET-05: a listing that names no fee takes that of the tariff in force; what the market was last told is kept, so that it is told again only when it changed.
alter table settlement.listings alter column fee drop not null;
alter table settlement.listings add column told_fee integer null check (told_fee between 0 and 1000000);
update settlement.listings set told_fee = fee;
alter table settlement.listings alter column told_fee set not null;

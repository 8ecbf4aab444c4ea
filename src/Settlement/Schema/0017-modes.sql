-- How an instrument trades (Mode of the market); 0: continuously, as every one did before.
alter table settlement.listings add column mode smallint not null default 0;

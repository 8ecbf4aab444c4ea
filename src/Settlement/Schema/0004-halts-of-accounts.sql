-- A halt is of an instrument or of an account. An account's owner has a switch of his own: a row beside the authority's, so that neither frees what the other stopped.
alter table settlement.halts add column account integer not null default 0;
alter table settlement.halts add column own boolean not null default false;
alter table settlement.halts add check ((instrument = 0) <> (account = 0) and (account <> 0 or not own));
drop index settlement.halts_standing;
create unique index halts_standing on settlement.halts (instrument, account, own) where state in (1, 2);

-- When an erroneous trade was taken back; null: it stands.
alter table matching.trades add column busted_us bigint null;

-- R-REG-09: a repeat is answered with the first result, the holding as it was left: available, earmarked, pledged, frozen, awaiting, version.
-- Null: done before results were kept.
alter table registry.operations add column result bigint[] null;

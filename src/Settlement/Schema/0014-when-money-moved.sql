-- R-SET-08: a statement of a day needs to know when money moved, by the clock of the exchange. What was booked before was kept in order: a posting gets the latest
-- instant that it, or one before it, is known to have had.
alter table settlement.postings add column booked_us bigint null;
with known as (
    select p.id, max(coalesce(
        case split_part(p.entry, '/', 1)
            when 'trade' then d.executed_us
            when 'settled' then (select max((s->>'AtMicros')::bigint) from jsonb_array_elements(d.timeline) s where (s->>'State')::int = 4)
            when 'unwound' then (select max((s->>'AtMicros')::bigint) from jsonb_array_elements(d.timeline) s where (s->>'State')::int = 5)
            when 'bust' then (select max((s->>'AtMicros')::bigint) from jsonb_array_elements(d.timeline) s where (s->>'State')::int = 7)
            when 'transfer' then case when split_part(p.entry, '/', 3) = '' then t.requested_us else t.finished_us end
        end, 0)) over (order by p.id) at_us
    from settlement.postings p
    left join settlement.deliveries d on d.trade_no = case when p.entry ~ '^(trade|settled|unwound|bust)/[0-9]+/' then split_part(p.entry, '/', 2)::bigint end
    left join settlement.transfers t on t.id = case when p.entry ~ '^transfer/[0-9]+(/|$)' then split_part(p.entry, '/', 2)::bigint end)
update settlement.postings p set booked_us = k.at_us from known k where k.id = p.id;
alter table settlement.postings alter column booked_us set default (extract(epoch from clock_timestamp()) * 1000000)::bigint, alter column booked_us set not null;
create index postings_of_account on settlement.postings (account, booked_us);

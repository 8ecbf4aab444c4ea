-- An authorization code is good once; kept until it would have run out anyway.
create table gateway.spent_codes (
    id       text primary key,
    spent_at timestamptz not null default clock_timestamp()
);

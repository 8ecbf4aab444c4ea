-- Live connections whose loss cancels their account's orders. Seen: lately, by the process that holds them; what nobody sees any more was lost with its process.
create table gateway.watched_connections (
    connection text primary key,
    account    integer not null,
    holder     text not null,
    seen_at    timestamptz not null default clock_timestamp()
);

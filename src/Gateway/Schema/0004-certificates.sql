-- Trade confirmations and holding certificates: one row each, given out once. The facts are kept as they were printed, and the digest is of those very bytes.
create table gateway.certificates (
    number      text primary key check (number ~ '^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$'),
    kind        smallint not null,
    account     integer not null,
    subject     text not null,
    facts       text not null,
    digest      bytea not null check (digest = sha256(convert_to(facts, 'UTF8'))),
    issued_us   bigint not null,
    issued_user text not null,
    issued_role text not null,
    unique (account, subject)
);

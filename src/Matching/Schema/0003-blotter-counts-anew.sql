-- A trade counts twice in an instrument's public numbers: the trade, and the book after it. The tables are written again from the journal.
truncate matching.orders, matching.trades, matching.books;
update matching.blotter_position set sequence = 0;
create index trades_in_time on matching.trades (instrument, at_us);
create index trades_of_the_day on matching.trades (at_us);

using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Lots;

internal sealed class LotDesk(NpgsqlDataSource database, LedgerStore store, IRegister register, ICaps caps, IHoldings holdings, IDirectory directory, IRules rules, ICommit commit, IClock clock) : ILots
{
    private const int DueMost = 100;

    public async Task<IReadOnlyList<Lot>> All(long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await LotRows.Read(connection, null, "where id < $1 order by id desc limit $2", stop, beforeId, most);
    }

    public async Task<Lot?> Find(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return (await LotRows.Read(connection, null, "where id = $1", stop, id)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<Deposit>> Deposits(long lot, int? account, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await LotRows.Deposits(connection, null, lot, account, stop);
    }

    public async Task<IReadOnlyList<Deposit>> Deposits(int? account, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await LotRows.Newest(connection, account, beforeId, most, stop);
    }

    public async Task<Outcome<LotQuote>> Quote(long id, int account, CancellationToken stop)
    {
        var (catalog, book, now) = (await directory.Current(stop), await rules.Current(stop), Time.Now(clock));
        if (await Find(id, stop) is not { } lot) return Refused.Because("NOT_FOUND", null);
        var (terms, missing) = DepositsNow.Of(book, now);
        if (missing is not null) return missing;
        if (account != lot.Seller && await MayBuy(lot, account, catalog, book, now, stop) is { } cannot) return cannot;
        return LotDecisions.Quote(lot, account, Quotes.Fen(catalog.Instrument(lot.Instrument)!.Quantity(lot.Units), lot.Price)!.Value, terms!, Eligibility.Credit(catalog.Standing(account).CreditScore, book, now));
    }

    public async Task<Outcome<Lot>> Offer(int seller, int instrument, long units, decimal price, string operation, Actor actor, CancellationToken stop)
    {
        if ((await directory.Current(stop)).Instrument(instrument) is not { } right) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", instrument));
        if (right.VenueMode != VenueMode.Operate) return Refused.Because("PRODUCT_CONFIG", "R-LAW-01").With("venueMode", right.VenueMode.ToString());
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (price <= 0) return Refused.Because("PRICE_NOT_POSITIVE", null, ("price", price));
        if (Quotes.Fen(right.Quantity(units), price) is not { } fen) return Refused.Because("BALANCE_OVERFLOW", null, ("quantity", units));
        // Nothing can be laid down for what comes to nothing.
        if (fen == 0) return Refused.Because("AMOUNT_NOT_POSITIVE", "R-SET-04", ("amount", fen));
        return await InOne<Lot>(async (connection, transaction) =>
        {
            await using var insert = LedgerStore.Sql(connection, transaction,
                "insert into settlement.lots (seller, instrument, units, price, operation, state, bound, listed_us) values ($1, $2, $3, $4, $5, 1, true, $6) on conflict (seller, operation) do nothing returning id",
                seller, instrument, units, price, operation, Time.Micros(Time.Now(clock)));
            if (await insert.ExecuteScalarAsync(stop) is not long id)
            {
                var first = (await LotRows.Read(connection, transaction, "where seller = $1 and operation = $2", stop, seller, operation)).Single();
                return (first.Instrument, first.Units, first.Price) == (instrument, units, price) ? first : Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", operation);
            }

            var lot = (await LotRows.Read(connection, transaction, "where id = $1", stop, id)).Single();
            return await Bind(connection, transaction, lot, actor) is { } no ? no : lot;
        }, stop);
    }

    public Task<Outcome<Lot>> Withdraw(long id, int seller, Actor actor, CancellationToken stop) => Step<Lot>(id, async (connection, transaction, lot, deposits) =>
    {
        if (lot.Seller != seller) return Refused.Because("FORBIDDEN", "R-SET-04", ("lotId", id));
        if (!lot.Takes) return LotDecisions.State(lot);
        if (LotDecisions.Standing(lot, deposits).Any()) return Refused.Because("DEPOSITS_HELD", "R-SET-04", ("lotId", id));
        if (lot.Bound && await register.Within(connection, transaction, [Free(lot)], actor) is { } no) return no;
        var after = lot with { State = LotState.Withdrawn, Bound = false };
        await LotRows.Put(connection, transaction, new(after, null, []), stop);
        return after;
    }, stop);

    public async Task<Outcome<Deposit>> Register(long id, int account, Actor actor, CancellationToken stop)
    {
        var (catalog, book, now) = (await directory.Current(stop), await rules.Current(stop), Time.Now(clock));
        return await Step<Deposit>(id, async (connection, transaction, lot, deposits) =>
        {
            if (deposits.FirstOrDefault(d => d.Account == account && d.Round == lot.Round) is { } before) return before;
            var (terms, missing) = DepositsNow.Of(book, now);
            if (missing is not null) return missing;
            var right = catalog.Instrument(lot.Instrument)!;
            if (account != lot.Seller && await MayBuy(lot, account, catalog, book, now, stop) is { } cannot) return cannot;
            var books = await store.Lock(connection, transaction, Keys(lot, account, money: [account]), stop);
            var (step, refused) = LotDecisions.Register(lot, account, Quotes.Fen(right.Quantity(lot.Units), lot.Price)!.Value, terms!, Eligibility.Credit(catalog.Standing(account).CreditScore, book, now), books.Funds[account].Now, now);
            if (refused is not null) return refused;
            if (await Book(connection, transaction, books, step!, actor, stop) is { } above) return above;
            // Listed anew, its units are the seller's: from the first who lays down a deposit on they are held again.
            if (!lot.Bound && await Bind(connection, transaction, lot, actor) is { } gone) return gone;
            return (await LotRows.Deposits(connection, transaction, id, account, stop)).Last();
        }, stop);
    }

    public async Task<Outcome<Lot>> Pay(long id, int account, Actor actor, CancellationToken stop)
    {
        var (catalog, book, now) = (await directory.Current(stop), await rules.Current(stop), Time.Now(clock));
        return await Step<Lot>(id, async (connection, transaction, lot, deposits) =>
        {
            if (lot.State == LotState.Settled && lot.Winner == account) return lot;
            var books = await store.Lock(connection, transaction, Keys(lot, account, money: [account, lot.Seller]), stop);
            var (step, refused) = LotDecisions.Pay(lot, deposits, account, books.Funds[account].Now, now);
            // A winner whose credit fell since the award may pay: not to let him, and then take his deposit for it, would be ours to answer for.
            if ((refused ?? await MayBuy(lot, account, catalog, book, now, stop)) is { Code: not "CREDIT_GRADE" } no) return no;
            if (await Book(connection, transaction, books, step!, actor, stop) is { } above) return above;
            var reference = LotDecisions.Reference(lot);
            if (await register.Within(connection, transaction, [Free(lot), new Instruction.HandOver(Key(lot), account, lot.Units, reference, reference + "/over")], actor) is { } kept) return kept;
            if (CapsOfCounties.Moved(catalog, lot.Instrument, lot.Seller, account, lot.Units, now, reference) is { } moved)
            {
                await using var session = holdings.Session(connection, transaction, actor);
                if (await caps.Book(session, connection, transaction, [moved], stop) is { } capped) return capped;
            }

            return step!.Lot;
        }, stop);
    }

    /// <summary>Winners whose time to pay is over: what they laid down is the seller's, and their credit falls (R-SET-04).</summary>
    /// <returns>How many.</returns>
    public async Task<int> DefaultDue(CancellationToken stop)
    {
        var (book, now, ended) = (await rules.Current(stop), Time.Now(clock), 0);
        List<Lot> due;
        await using (var connection = await database.OpenConnectionAsync(stop))
            due = await LotRows.Read(connection, null, "where state = 2 and pay_by_us <= $1 order by id limit $2", stop, Time.Micros(now), DueMost);
        foreach (var late in due)
        {
            var outcome = await Step<Lot>(late.Id, async (connection, transaction, lot, deposits) =>
            {
                if (LotDecisions.Default(lot, deposits, now) is not { } step) return lot;
                var books = await store.Lock(connection, transaction, Keys(lot, lot.Winner!.Value, money: [lot.Seller]), stop);
                if (await Book(connection, transaction, books, step, Actor.System, stop) is { } above) return above;
                if (await register.Within(connection, transaction, [Free(lot)], Actor.System) is { } no) return no;
                if (DepositsNow.Of(book, now).Value is { CreditPoints: > 0 } terms && await register.Deduct(connection, transaction, lot.Winner.Value, terms.CreditPoints, LotDecisions.Reference(lot) + " 逾期未付款", Actor.System, stop) is { } credit) return credit;
                ended++;
                return step.Lot;
            }, stop);
            if (outcome.Refused is { } stuck) throw new InvalidOperationException($"lot {late.Id} cannot be listed anew: {stuck.Code} {string.Join(' ', stuck.Values)}");
        }

        return ended;
    }

    /// <summary>Writes a step of a lot on books that are locked for it.</summary>
    internal async Task<Refused?> Book(NpgsqlConnection connection, NpgsqlTransaction transaction, Books books, LotStep step, Actor actor, CancellationToken stop)
    {
        books.Book(new() { Money = step.Money });
        StandingFreezes.Take(books);
        if (await store.Write(connection, transaction, books, actor, stop) is { } above) return above;
        await LotRows.Put(connection, transaction, step, stop);
        return null;
    }

    /// <summary>Holdings before money, as everywhere.</summary>
    internal static Keys Keys(Lot lot, int buyer, IEnumerable<int> money)
    {
        var keys = new Keys();
        keys.Holdings.Add(Key(lot));
        keys.Holdings.Add(new(buyer, lot.Instrument));
        keys.Funds.Add(Money.Deposits);
        foreach (var account in money) keys.Funds.Add(account);
        return keys;
    }

    private async Task<Refused?> MayBuy(Lot lot, int account, Catalog catalog, RuleBook book, Instant now, CancellationToken stop)
    {
        var (right, held) = (catalog.Instrument(lot.Instrument)!, (await holdings.Of(new HoldingKey(account, lot.Instrument), stop)).Total);
        return Eligibility.Judge(new(catalog.Party(catalog.Participant(lot.Seller)!), catalog.Party(catalog.Participant(account)!), right, lot.Units, BuyerHolds: held), book, now).Refused;
    }

    private Task<Refused?> Bind(NpgsqlConnection connection, NpgsqlTransaction transaction, Lot lot, Actor actor) =>
        register.Within(connection, transaction, [new Instruction.Keep(Key(lot), lot.Units, HoldReason.Lot, LotDecisions.Reference(lot), LotDecisions.Reference(lot))], actor);

    private static Instruction.LiftHold Free(Lot lot) => new(Key(lot), lot.Units, LotDecisions.Reference(lot), LotDecisions.Reference(lot) + "/ends");

    private static HoldingKey Key(Lot lot) => new(lot.Seller, lot.Instrument);

    /// <summary>One transaction on a lot that is locked; a refusal leaves everything as it was.</summary>
    private Task<Outcome<T>> Step<T>(long id, Func<NpgsqlConnection, NpgsqlTransaction, Lot, List<Deposit>, Task<Outcome<T>>> act, CancellationToken stop) where T : class => InOne<T>(async (connection, transaction) =>
        await LotRows.Read(connection, transaction, "where id = $1 for update", stop, id) is [var lot] ? await act(connection, transaction, lot, await LotRows.Deposits(connection, transaction, id, null, stop)) : Refused.Because("NOT_FOUND", null), stop);

    private async Task<Outcome<T>> InOne<T>(Func<NpgsqlConnection, NpgsqlTransaction, Task<Outcome<T>>> act, CancellationToken stop) where T : class
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var outcome = await act(connection, transaction);
        if (outcome.Refused is null) await commit.Commit(transaction, stop);
        return outcome;
    }
}

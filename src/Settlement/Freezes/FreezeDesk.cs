using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Freezes;

internal sealed class FreezeDesk(NpgsqlDataSource database, Transactions transactions, IDirectory directory, IListings listings, IClock clock) : IFreezes
{
    public async Task<Outcome<Freeze>> Order(int account, int instrument, long? amount, FreezeWarrant warrant, Actor actor, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        var now = Time.Now(clock);
        if (amount is <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("amount", amount.Value));
        if (string.IsNullOrWhiteSpace(warrant.Document)) return Refused.Because("REASON_REQUIRED", "R-REG-06").With("field", "document");
        if (string.IsNullOrWhiteSpace(warrant.Authority)) return Refused.Because("REASON_REQUIRED", "R-REG-06").With("field", "authority");
        if (string.IsNullOrWhiteSpace(warrant.Officer)) return Refused.Because("REASON_REQUIRED", "R-REG-06").With("field", "officer");
        if (warrant.LastDay is { } last && (last < Eligibility.Day(now) || last < warrant.FirstDay)) return Days(warrant, now);
        if (catalog.Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        if (instrument != 0 && catalog.Instrument(instrument) is null) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", instrument));
        warrant = warrant with { Document = warrant.Document.Trim(), Authority = warrant.Authority.Trim(), Officer = warrant.Officer.Trim(), Basis = string.IsNullOrWhiteSpace(warrant.Basis) ? null : warrant.Basis.Trim() };
        var ordered = new Freeze(0, account, instrument, amount ?? 0, 0, warrant, FreezeState.Ordered, actor, null, now);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var insert = LedgerStore.Sql(connection, null,
            """
            insert into settlement.freezes (account, instrument, amount, document, state, ordered_user, ordered_role, ordered_us, kind, authority, officer, basis, first_day, last_day)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id
            """,
            account, instrument, ordered.Amount, warrant.Document, (short)ordered.State, actor.User, actor.Role, Time.Micros(now), (short)warrant.Kind, warrant.Authority, warrant.Officer,
            (object?)warrant.Basis ?? DBNull.Value, Date(warrant.FirstDay), Date(warrant.LastDay));
        return ordered with { Id = (long)(await insert.ExecuteScalarAsync(stop))! };
    }

    public async Task<Outcome<Freeze>> OrderLift(long id, string document, Actor actor, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(document)) return Refused.Because("REASON_REQUIRED", "R-REG-06");
        return await Change(id, actor, false, (freeze, _) => freeze.State is FreezeState.Active or FreezeState.DeductOrdered
            ? (new Booking { Freeze = freeze with { State = FreezeState.LiftOrdered, OrderedBy = actor, CarriedOutBy = null, Deducting = null } }, null)
            : (null, Refused.Because("FREEZE_STATE", "R-REG-06").With("state", freeze.State.ToString())), stop,
            "update settlement.freezes set lift_document = $2 where id = $1", document.Trim());
    }

    public async Task<Outcome<Freeze>> OrderDeduction(long id, Deduction deduction, Actor actor, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(deduction.Document)) return Refused.Because("REASON_REQUIRED", "R-REG-06");
        if ((await directory.Current(stop)).Participant(deduction.To) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", deduction.To));
        return await Change(id, actor, false, (freeze, _) =>
        {
            if (freeze.State != FreezeState.Active) return (null, Refused.Because("FREEZE_STATE", "R-REG-06").With("state", freeze.State.ToString()));
            if (deduction.To == freeze.Account) return (null, Refused.Because("SAME_ACCOUNT", "R-REG-06", ("account", deduction.To)));
            if (deduction.Amount <= 0) return (null, Refused.Because("QTY_NOT_POSITIVE", null, ("amount", deduction.Amount)));
            if (deduction.Amount > freeze.Taken) return (null, Refused.Because("INSUFFICIENT_AVAILABLE", "R-REG-06", ("needed", deduction.Amount), ("available", freeze.Taken)));
            return (new Booking { Freeze = freeze with { State = FreezeState.DeductOrdered, OrderedBy = actor, CarriedOutBy = null, Deducting = deduction with { Document = deduction.Document.Trim() } } }, null);
        }, stop);
    }

    public async Task<Freeze?> Find(long id, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {LedgerStore.FreezeColumns} from settlement.freezes where id = $1", id);
        return (await LedgerStore.Freezes(select, stop)).SingleOrDefault();
    }

    /// <summary>
    /// Standing freezes take what came available by ways that settlement does not see (an issue, a transfer in the register). Everything that goes
    /// through settlement's own books was taken there already.
    /// </summary>
    /// <returns>How many balances were looked at.</returns>
    public async Task<int> TakeStanding(CancellationToken stop)
    {
        var found = new List<(int Account, int Instrument)>();
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = LedgerStore.Sql(connection, null,
                """
                select distinct f.account, f.instrument from settlement.freezes f
                left join settlement.fund_accounts m on f.instrument = 0 and m.account = f.account
                left join registry.holdings h on h.account = f.account and h.instrument = f.instrument
                where f.state in (2, 3, 5) and f.taken < f.amount and coalesce(m.available, h.available) > 0
                order by 1, 2
                """);
            await using var rows = await select.ExecuteReaderAsync(stop);
            while (await rows.ReadAsync(stop)) found.Add((rows.GetInt32(0), rows.GetInt32(1)));
        }

        foreach (var (account, instrument) in found)
        {
            // Locking the balance is all: the books give it to its freezes before anybody decides.
            await transactions.Run(Actor.System, (_, _) => Task.FromResult(Keys.Of(account, instrument)), _ => null, null, stop);
        }

        return found.Count;
    }

    public async Task<Outcome<Freeze>> CarryOut(long id, Actor actor, CancellationToken stop)
    {
        var (listed, catalog, now) = (await listings.Current(stop), await directory.Current(stop), Time.Now(clock));
        return await Change(id, actor, true, (freeze, books) => freeze.State == FreezeState.DeductOrdered ? Deduct(freeze, catalog, actor, now)
            : Decide(freeze, books.Holdings.GetValueOrDefault(new(freeze.Account, freeze.Instrument))?.Now, books.Funds.GetValueOrDefault(freeze.Account)?.Now, listed.GetValueOrDefault(freeze.Instrument)?.UnitsPerLot, actor, now), stop);
    }

    /// <summary>Freezes past their last day give back what they hold, and the next in line takes it (R-REG-06).</summary>
    /// <returns>How many ended.</returns>
    public async Task<int> LapseDue(CancellationToken stop)
    {
        var (listed, now) = (await listings.Current(stop), Time.Now(clock));
        List<Freeze> due;
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = LedgerStore.Sql(connection, null,
                $"select {LedgerStore.FreezeColumns} from settlement.freezes where state in (1, 2, 3) and last_day < $1 order by id", Eligibility.Day(now).ToDateOnly());
            due = await LedgerStore.Freezes(select, stop);
        }

        foreach (var freeze in due)
            await Change(freeze.Id, Actor.System, true, (f, _) => (Lapse(f, freeze.Instrument == 0 || listed.ContainsKey(freeze.Instrument), now), null), stop);
        return due.Count;
    }

    public async Task<IReadOnlyList<Freeze>> All(long afterId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, $"select {LedgerStore.FreezeColumns} from settlement.freezes where id > $1 order by id limit $2", afterId, most);
        return await LedgerStore.Freezes(select, stop);
    }

    /// <summary>
    /// R-REG-06: what is available is frozen at once, the rest is claimed in the market (free first, then open orders, then what comes free);
    /// matched and unsettled stays out of reach. R-REG-08: whoever ordered it cannot carry it out.
    /// </summary>
    /// <param name="unitsPerLot">Null: not listed, so nothing of it is in the market.</param>
    internal static (Booking? Booking, Refused? Refused) Decide(Freeze freeze, Holding? holding, FundAccount? funds, long? unitsPerLot, Actor actor, Instant at)
    {
        if (freeze.OrderedBy.User == actor.User) return (null, Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User));
        var listed = freeze.Instrument == 0 || unitsPerLot is not null;
        var entry = "freeze/" + freeze.Id.ToString(CultureInfo.InvariantCulture);
        var perLot = unitsPerLot ?? 1;
        switch (freeze.State)
        {
            case FreezeState.Ordered:
                if (freeze.Warrant.FirstDay > Eligibility.Day(at) || freeze.Warrant.LastDay < Eligibility.Day(at)) return (null, Days(freeze.Warrant, at));
                var amount = freeze.Amount > 0 ? freeze.Amount : holding is not null ? holding.Available + holding.Earmarked : funds!.Available + funds.InMarket;
                if (amount == 0) return (null, Refused.Because("NOTHING_TO_FREEZE", "R-REG-06"));
                var now = Math.Min(amount, holding?.Available ?? funds!.Available);
                var claim = (amount - now + perLot - 1) / perLot;
                return (new()
                {
                    Rights = holding is not null && now > 0 ? [(holding.Key, new HoldingEvent.Frozen(now, freeze.Id))] : [],
                    Money = funds is not null && now > 0 ? Money.Between(entry, freeze.Account, Bucket.Available, Bucket.Frozen, now) : null,
                    Freeze = freeze with { State = FreezeState.Active, Amount = amount, Taken = now, CarriedOutBy = actor },
                    ToMarket = claim > 0 && listed
                        ? [new() { Kind = CommandKind.Seize, Account = freeze.Account, Instrument = freeze.Instrument, Amount = claim, Reference = freeze.Id }]
                        : [],
                }, null);
            case FreezeState.LiftOrdered:
                return (StandingFreezes.LetGo(freeze, freeze with { State = FreezeState.Lifted, CarriedOutBy = actor }, listed), null);
            default:
                return (null, Refused.Because("FREEZE_STATE", "R-REG-06").With("state", freeze.State.ToString()));
        }
    }

    /// <summary>
    /// R-REG-06: after its last day a freeze holds nothing. What a court ordered to be deducted while it stood stays held until that is carried out: the clerk's delay is not the creditor's.
    /// </summary>
    /// <returns>Null: nothing to do.</returns>
    internal static Booking? Lapse(Freeze freeze, bool listed, Instant at)
    {
        if (freeze.Warrant.LastDay is not { } last || last >= Eligibility.Day(at)) return null;
        return freeze.State switch
        {
            FreezeState.Ordered => new() { Freeze = freeze with { State = FreezeState.Lapsed } },
            FreezeState.Active or FreezeState.LiftOrdered => StandingFreezes.LetGo(freeze, freeze with { State = FreezeState.Lapsed }, listed),
            _ => null,
        };
    }

    private static Refused Days(FreezeWarrant warrant, Instant at) => Refused.Because("FREEZE_DAYS", "R-REG-06").With("today", Eligibility.Day(at))
        .With("from", Iso(warrant.FirstDay)).With("until", Iso(warrant.LastDay));

    private static string Iso(LocalDate? day) => day is { } d ? LocalDatePattern.Iso.Format(d) : "";

    private static object Date(LocalDate? day) => day is { } d ? d.ToDateOnly() : DBNull.Value;

    /// <summary>R-REG-06: what is frozen goes to whom the court says; the freeze holds as much less.</summary>
    internal static (Booking? Booking, Refused? Refused) Deduct(Freeze freeze, Catalog catalog, Actor actor, Instant at)
    {
        if (freeze.OrderedBy.User == actor.User) return (null, Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User));
        var (to, amount, document) = freeze.Deducting ?? throw new InvalidOperationException($"freeze {freeze.Id} deducts nothing");
        var entry = string.Create(CultureInfo.InvariantCulture, $"freeze/{freeze.Id}/deduct/{freeze.Deducted + amount}");
        var (giver, taker, left) = (new HoldingKey(freeze.Account, freeze.Instrument), new HoldingKey(to, freeze.Instrument), freeze.Amount - amount);
        return (new()
        {
            Rights = freeze.Instrument == 0 ? [] :
                [(giver, new HoldingEvent.Unfrozen(amount, freeze.Id)), (giver, new HoldingEvent.TransferredOut(amount, to, document)), (taker, new HoldingEvent.TransferredIn(amount, freeze.Account, document))],
            Money = freeze.Instrument == 0 ? Money.Move(entry, new(freeze.Account, Bucket.Frozen, -amount), new(to, Bucket.Available, amount)) : null,
            Cap = freeze.Instrument == 0 ? null : CapsOfCounties.Moved(catalog, freeze.Instrument, freeze.Account, to, amount, at, entry),
            Freeze = freeze with { State = left == 0 ? FreezeState.Deducted : FreezeState.Active, Amount = left, Taken = freeze.Taken - amount, Deducting = null, Deducted = freeze.Deducted + amount, CarriedOutBy = actor },
            ToMarket = left == 0 ? [StandingFreezes.DropClaim(freeze)] : [],
        }, null);
    }

    private async Task<Outcome<Freeze>> Change(
        long id, Actor actor, bool balances, Func<Freeze, Books, (Booking? Booking, Refused? Refused)> decide, CancellationToken stop,
        string? alsoSql = null, string? text = null)
    {
        Freeze? after = null;
        var refused = await transactions.Run(actor, async (connection, transaction) =>
            {
                var keys = new Keys();
                await using var select = LedgerStore.Sql(connection, transaction, $"select {LedgerStore.FreezeColumns} from settlement.freezes where id = $1", id);
                if (await LedgerStore.Freezes(select, stop) is not [var found]) return keys;
                keys.Freezes.Add(id);
                foreach (var account in balances ? (int[])[found.Account, .. found.Deducting is { } deducting ? [deducting.To] : (int[])[]] : [])
                {
                    if (found.Instrument == 0) keys.Funds.Add(account);
                    else keys.Holdings.Add(new(account, found.Instrument));
                }

                return keys;
            },
            books =>
            {
                if (!books.Freezes.TryGetValue(id, out var freeze)) return Refused.Because("NOT_FOUND", null);
                var (booking, no) = decide(freeze.Now, books);
                if (booking is null)
                {
                    after = freeze.Now;
                    return no;
                }

                books.Book(booking);
                after = books.Freezes[id].Now;
                return null;
            },
            alsoSql is null ? null : async (connection, transaction, _) =>
            {
                await using var also = LedgerStore.Sql(connection, transaction, alsoSql, id, text!);
                await also.ExecuteNonQueryAsync(stop);
            }, stop);
        return refused is null ? after! : refused;
    }
}

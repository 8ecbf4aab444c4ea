using System.Data;
using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Halts;
using Trading.Settlement.Ledger;
using Trading.Settlement.Listings;

namespace Trading.Settlement.Reconciliation;

/// <summary>
/// Holds journal, deliveries, register and money against each other while trading goes on (R-SET-06): every trade that moved since the last look, and every balance of the accounts that
/// moved, in one snapshot, where the settler stands in it. It works the journal out by itself and believes no row. What differs blocks its accounts and is named, once.
/// </summary>
internal sealed class Reconciler
{
    private const int TextMost = 1_000;
    private readonly NpgsqlDataSource database;
    private readonly IJournal journal;
    private readonly IMarketInbox inbox;
    private readonly IClock clock;
    private readonly MarketBooks market;
    private readonly HashSet<int> touched = [];
    /// <summary>Trades that moved, each with the last that the journal says of it.</summary>
    private readonly SortedDictionary<long, Output> trades = [];
    /// <summary>What the postings of an entry must come to, account by account.</summary>
    private readonly Dictionary<(string Entry, int Account), (long TradeNo, long In, long Awaiting)> money = [];
    /// <summary>What was told and still stands: another trade, or another figure, is another break.</summary>
    private readonly HashSet<(int Account, int Instrument, string Books, long TradeNo, long By)> told = [];
    private long compared = -1;
    private bool whole;

    public Reconciler(NpgsqlDataSource database, IJournal journal, IMarketInbox inbox, IClock clock)
    {
        (this.database, this.journal, this.inbox, this.clock) = (database, journal, inbox, clock);
        market = new() { Moved = Note };
    }

    /// <summary>An account or two of which two books do not say the same.</summary>
    /// <param name="Accounts">Whom it stops.</param>
    internal sealed record Found(IReadOnlyList<int> Accounts, Break First, long TradeNo, string Text);

    /// <summary>Everything that moved since the last look.</summary>
    /// <param name="breath">Awaited now and then while a long journal is read for the first time: whoever trades goes first.</param>
    /// <returns>How many trades and balances were compared, and what is new of what differs.</returns>
    public async Task<(int Trades, long Balances, IReadOnlyList<Found> Found)> Look(Func<CancellationToken, Task> breath, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        if (compared < 0) compared = await Position(connection, null, "reconciler", stop);
        // Far behind, as after a start: read up before the snapshot is opened, for an old snapshot keeps PostgreSQL from clearing up.
        var aim = await Position(connection, null, "settler", stop);
        while (await market.Some(journal, aim, stop))
        {
            if (market.Reached <= compared) Forget();
            await breath(stop);
        }

        // Nothing moved and nothing stands: nothing can differ that did not.
        if (whole && market.Reached == compared && told.Count == 0) return (0, 0, []);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop);
        var position = await Position(connection, transaction, "settler", stop);
        // Not at a batch's end: `verify` names it, and nothing can be compared here.
        if (await market.Follow(journal, position, stop) < position) return (0, 0, []);
        var listed = await ListingBoard.Read(connection, transaction, stop);
        // Whose books differed is looked at again though nothing of it moved: they may agree now.
        touched.UnionWith(told.Where(t => t.Account > 0).Select(t => t.Account));
        var (balances, differences) = await market.Differences(connection, transaction, listed, whole ? touched : null, stop);
        var found = differences.SelectMany(d => d.Breaks.Select(b => new Found([b.Account], b, 0, Text(b)))).ToList();
        found.AddRange(await Deliveries(connection, transaction, listed, stop));
        found.AddRange(await Postings(connection, transaction, stop));
        await transaction.CommitAsync(stop);
        var (looked, whose) = (trades.Count, whole ? touched.ToHashSet() : null);
        Forget();
        if (position > compared) await Move(connection, position, stop);
        (compared, whole) = (position, true);
        // What agrees again is news when it differs again.
        var standing = found.Select(Key).ToHashSet();
        told.RemoveWhere(t => whose?.Contains(t.Account) != false && !standing.Contains(t));
        var fresh = found.Where(f => told.Add(Key(f))).ToList();
        if (fresh.Count > 0) await Stop(connection, fresh, stop);
        return (looked, balances, fresh);
    }

    private void Note(in Heard heard, int account, int asset, long inMarket, long awaiting)
    {
        if (account > 0) touched.Add(account);
        if (heard.Output.Kind is not (OutputKind.Trade or OutputKind.Settled or OutputKind.Unwound or OutputKind.Busted)) return;
        trades[heard.Output.TradeNo] = heard.Output;
        if (asset != 0) return;
        var key = (heard.EntryOfTrade, account);
        var (_, before, waiting) = money.GetValueOrDefault(key);
        money[key] = (heard.Output.TradeNo, before + inMarket, waiting + awaiting);
    }

    private static (int Account, int Instrument, string Books, long TradeNo, long By) Key(Found f) => (f.First.Account, f.First.Instrument, f.First.Books, f.TradeNo, f.First.Says - f.First.Should);

    /// <summary>What ended need not be remembered; what is open may move again.</summary>
    private void Forget()
    {
        foreach (var number in trades.Keys)
        {
            if (market.Trades.GetValueOrDefault(number)?.End is not null) market.Trades.Remove(number);
        }

        trades.Clear();
        money.Clear();
        touched.Clear();
    }

    private async Task<IReadOnlyList<Found>> Deliveries(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyDictionary<int, Listing> listed, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction, $"select {DeliveryRows.Columns} from settlement.deliveries where trade_no = any($1)", trades.Keys.ToArray());
        var rows = (await DeliveryRows.Read(select, stop)).ToDictionary(d => d.Facts.TradeNo);
        return [.. trades.SelectMany(moved =>
        {
            var (number, o) = (moved.Key, moved.Value);
            var row = rows.GetValueOrDefault(number);
            var differences = market.Trades.TryGetValue(number, out var expected) ? TradeAndDelivery.Differences(number, expected, row)
                // It had ended before, and there is one end after that.
                : row?.Facts.State == DeliveryState.Busted ? [] : [$"settlement.deliveries trade_no={number}: state {row?.Facts.State}, and the journal took it back"];
            var perLot = listed.GetValueOrDefault(o.Instrument)?.UnitsPerLot ?? 1;
            return differences.Take(1).Select(text => new Found(Both(in o), new(o.Buyer, o.Instrument, "delivery and trade", (row?.Facts.Lots ?? 0) * perLot, (expected?.Trade.Lots ?? o.Lots) * perLot), number, text));
        })];
    }

    private async Task<IReadOnlyList<Found>> Postings(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction,
            """
            select entry, account, coalesce(sum(fen) filter (where bucket in (1, 2)), 0)::bigint, coalesce(sum(fen) filter (where bucket = 3), 0)::bigint
            from settlement.postings where entry = any($1) group by entry, account
            """, (object)money.Keys.Select(k => k.Entry).Distinct(StringComparer.Ordinal).ToArray());
        var posted = (await LedgerStore.Read(select, r => (Entry: r.GetString(0), Account: r.GetInt32(1), In: r.GetInt64(2), Awaiting: r.GetInt64(3)), stop)).ToDictionary(p => (p.Entry, p.Account));
        var found = new List<Found>();
        foreach (var ((entry, account), (tradeNo, should, waits)) in money)
        {
            var says = posted.GetValueOrDefault((entry, account));
            if ((says.In, says.Awaiting) == (should, waits)) continue;
            var one = says.In == should ? new Break(account, 0, "money and trade, awaiting", says.Awaiting, waits) : new Break(account, 0, "money and trade", says.In, should);
            found.Add(new(account > 0 ? [account] : Both(trades[tradeNo]), one, tradeNo, $"settlement.postings entry={entry} account={account}: {one.Says} fen, journal says {one.Should}"));
        }

        return found;
    }

    private static int[] Both(in Output trade) => trade.Buyer == trade.Seller ? [trade.Buyer] : [trade.Buyer, trade.Seller];

    private static string Text(Break b) => string.Create(CultureInfo.InvariantCulture, $"{b.Books}: account={b.Account} instrument={b.Instrument} says {b.Says}, should be {b.Should}");

    private async Task Stop(NpgsqlConnection connection, IReadOnlyList<Found> found, CancellationToken stop)
    {
        var now = Time.Now(clock);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // In the order in which everybody locks accounts.
        var accounts = found.SelectMany(f => f.Accounts.Select(a => (Account: a, f.First))).GroupBy(a => a.Account).OrderBy(g => g.Key).ToList();
        foreach (var account in accounts) await HaltDesk.Stop(connection, transaction, account.Key, account.First().First.Why("对账不符", "reconciliation"), now, stop);
        foreach (var f in found)
        {
            // Two processes may look at once: one of them tells.
            await using var alert = LedgerStore.Sql(connection, transaction,
                """
                insert into settlement.alerts (sequence, trade_no, text, at_us, kind, account, instrument, books, says, should)
                select $1, $2, $3, $4, 3, $5, $6, $7, $8, $9 where not exists (
                    select 1 from settlement.alerts where kind = 3 and trade_no = $2 and account = $5 and instrument = $6 and books = $7 and says = $8 and should = $9 and at_us > $4 - 60000000)
                """, compared, f.TradeNo, f.Text.Length > TextMost ? f.Text[..TextMost] : f.Text, Time.Micros(now), f.First.Account, f.First.Instrument, f.First.Books, f.First.Says, f.First.Should);
            await alert.ExecuteNonQueryAsync(stop);
        }

        await inbox.Stage(connection, transaction, [.. accounts.Select(a => HaltDecisions.Block(a.Key))], stop);
        await transaction.CommitAsync(CancellationToken.None);
        inbox.Wake();
    }

    private static async Task<long> Position(NpgsqlConnection connection, NpgsqlTransaction? transaction, string reader, CancellationToken stop)
    {
        await using var select = LedgerStore.Sql(connection, transaction, "select sequence from settlement.positions where reader = $1", reader);
        return (long)(await select.ExecuteScalarAsync(stop))!;
    }

    /// <summary>Nobody waits for the disk: a crash that loses this compares the same once more.</summary>
    private static async Task Move(NpgsqlConnection connection, long position, CancellationToken stop)
    {
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var hasten = LedgerStore.Sql(connection, transaction, "set local synchronous_commit = off")) await hasten.ExecuteNonQueryAsync(stop);
        await using (var move = LedgerStore.Sql(connection, transaction, "update settlement.positions set sequence = greatest(sequence, $1) where reader = 'reconciler'", position)) await move.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
    }
}

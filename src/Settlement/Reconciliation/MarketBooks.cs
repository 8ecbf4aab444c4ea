using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Reconciliation;

/// <summary>What the market says of every account, trade and transfer, worked out of the journal from its beginning.</summary>
internal sealed class MarketBooks
{
    /// <summary>An output moved so much of an asset of an account: in lots or fen.</summary>
    public delegate void Movement(in Heard heard, int account, int asset, long inMarket, long awaiting);

    private const int BatchesAtOnce = 64;
    private readonly Dictionary<(int Account, int Asset), (long In, long Awaiting)> balances = [];

    /// <summary>A trade, and what became of it by the journal.</summary>
    public sealed record Traded(Output Trade, long Sequence, long SettledLots, long UnwoundLots, bool Busted = false)
    {
        /// <summary>Null: it is open still.</summary>
        public DeliveryState? End => Busted ? DeliveryState.Busted : SettledLots == Trade.Lots ? DeliveryState.Settled : UnwoundLots == Trade.Lots ? DeliveryState.Unwound : null;
    }

    /// <summary>One balance of which two books do not say the same: minimum units or fen.</summary>
    public sealed record Difference(int Account, int Instrument, (long Says, long Should) In, (long Says, long Should) Awaiting)
    {
        public IEnumerable<Break> Breaks
        {
            get
            {
                var books = Instrument == 0 ? "money and market" : "register and market";
                if (In.Says != In.Should) yield return new(Account, Instrument, books, In.Says, In.Should);
                if (Awaiting.Says != Awaiting.Should) yield return new(Account, Instrument, books + ", awaiting", Awaiting.Says, Awaiting.Should);
            }
        }
    }

    public SortedDictionary<long, Traded> Trades { get; } = [];
    public SortedDictionary<long, Output> Transfers { get; } = [];

    /// <summary>In lots or fen.</summary>
    public (long In, long Awaiting) Of(int account, int asset) => balances.GetValueOrDefault((account, asset));

    /// <summary>The sequence it was read to.</summary>
    public long Reached { get; private set; }

    /// <summary>Told of every movement; null: nobody asks.</summary>
    public Movement? Moved { get; init; }

    /// <returns>The sequence it was read to: less than <paramref name="position"/> where no batch ends there.</returns>
    public async Task<long> Follow(IJournal journal, long position, CancellationToken stop)
    {
        while (await Some(journal, position, stop))
        {
        }

        return Reached;
    }

    /// <summary>Some batches more. False: there is none that ends at or before <paramref name="position"/>.</summary>
    public async Task<bool> Some(IJournal journal, long position, CancellationToken stop)
    {
        var begun = Reached;
        if (begun >= position) return false;
        foreach (var batch in await journal.Read(begun, BatchesAtOnce, stop))
        {
            if (batch.LastSequence > position) break;
            Reached = batch.LastSequence;
            var heard = new List<Heard>();
            Settler.Hear(batch, heard);
            foreach (var one in heard) Follow(in one);
        }

        return Reached > begun;
    }

    /// <summary>What register and money say lies in the market, against what the market holds and what is still on its way there.</summary>
    /// <param name="accounts">These alone; null: all.</param>
    /// <returns>How many balances were compared, and those that differ, by account.</returns>
    public async Task<(long Compared, IReadOnlyList<Difference> Differences)> Differences(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyDictionary<int, Listing> listed, IReadOnlySet<int>? accounts, CancellationToken stop)
    {
        object whose = accounts is null ? DBNull.Value : accounts.ToArray();
        var rows = new Dictionary<(int Account, int Asset), (long In, long Awaiting)>();
        await using (var select = LedgerStore.Sql(connection, transaction,
                         """
                         select account, 0, in_market, awaiting from settlement.fund_accounts where account > 0 and ($1::int[] is null or account = any($1))
                         union all select account, instrument, earmarked, awaiting from registry.holdings where $1::int[] is null or account = any($1)
                         """, whose))
        {
            foreach (var (account, asset, inMarket, awaiting) in await LedgerStore.Read(select, r => (r.GetInt32(0), r.GetInt32(1), r.GetInt64(2), r.GetInt64(3)), stop)) rows[(account, asset)] = (inMarket, awaiting);
        }

        var coming = new Dictionary<(int Account, int Asset), long>();
        await using (var select = LedgerStore.Sql(connection, transaction, "select account, instrument, sum(amount)::bigint from settlement.transfers where status = 1 and kind in (1, 3) and ($1::int[] is null or account = any($1)) group by account, instrument", whose))
        {
            foreach (var (account, asset, amount) in await LedgerStore.Read(select, r => (r.GetInt32(0), r.GetInt32(1), r.GetInt64(2)), stop)) coming[(account, asset)] = amount;
        }

        var differences = new List<Difference>();
        foreach (var key in rows.Keys.Union(balances.Keys).Where(k => k.Account != Money.Fees && accounts?.Contains(k.Account) != false).Order())
        {
            var perLot = key.Asset == 0 ? 1 : listed.GetValueOrDefault(key.Asset)?.UnitsPerLot ?? 1;
            var (inMarket, awaiting) = balances.GetValueOrDefault(key);
            var (rowIn, rowAwaiting) = rows.GetValueOrDefault(key);
            var (shouldIn, shouldAwait) = ((inMarket * perLot) + coming.GetValueOrDefault(key), awaiting * perLot);
            if ((shouldIn, shouldAwait) != (rowIn, rowAwaiting)) differences.Add(new(key.Account, key.Asset, (rowIn, shouldIn), (rowAwaiting, shouldAwait)));
        }

        return (rows.Count, differences);
    }

    private void Follow(in Heard heard)
    {
        var (o, one) = (heard.Output, heard);
        switch (o.Kind)
        {
            case OutputKind.Trade:
                Trades[o.TradeNo] = new(o, heard.Sequence, o.Pending == 0 ? o.Lots : 0, 0);
                Move(o.Buyer, 0, -o.Amount - o.BuyFee, o.Pending * (o.Amount + o.BuyFee));
                Move(o.Seller, o.Instrument, -o.Lots, o.Pending * o.Lots);
                if (o.Pending != 0) break;
                Move(o.Buyer, o.Instrument, o.Lots, 0);
                Move(o.Seller, 0, o.Amount - o.SellFee, 0);
                Move(Money.Fees, 0, o.BuyFee + o.SellFee, 0);
                break;
            case OutputKind.Settled:
                if (Trades.TryGetValue(o.TradeNo, out var settled)) Trades[o.TradeNo] = settled with { SettledLots = settled.SettledLots + o.Lots };
                Move(o.Buyer, 0, 0, -o.Amount - o.BuyFee);
                Move(o.Seller, o.Instrument, 0, -o.Lots);
                Move(o.Seller, 0, o.Amount - o.SellFee, 0);
                Move(Money.Fees, 0, o.BuyFee + o.SellFee, 0);
                break;
            case OutputKind.Unwound:
                if (Trades.TryGetValue(o.TradeNo, out var unwound)) Trades[o.TradeNo] = unwound with { UnwoundLots = unwound.UnwoundLots + o.Lots };
                Move(o.Buyer, 0, o.Amount + o.BuyFee, -o.Amount - o.BuyFee);
                Move(o.Seller, o.Instrument, o.Lots, -o.Lots);
                break;
            case OutputKind.Busted:
                if (Trades.TryGetValue(o.TradeNo, out var busted)) Trades[o.TradeNo] = busted with { Busted = true };
                Move(o.Buyer, 0, o.Amount + o.BuyFee, 0);
                Move(o.Buyer, o.Instrument, -o.Lots, 0);
                Move(o.Seller, 0, o.SellFee - o.Amount, 0);
                Move(o.Seller, o.Instrument, o.Lots, 0);
                Move(Money.Fees, 0, -o.BuyFee - o.SellFee, 0);
                break;
            case OutputKind.Deposited:
                Transfers[o.Reference] = o;
                Move(o.Account, o.Instrument, o.Amount, 0);
                break;
            case OutputKind.Withdrawn:
                Transfers[o.Reference] = o;
                Move(o.Account, o.Instrument, -o.Amount, 0);
                break;
            case OutputKind.Rejected when heard.Cause.Kind is CommandKind.Deposit or CommandKind.Withdraw:
                Transfers[o.Reference] = o;
                break;
            case OutputKind.Seized:
                Move(o.Account, o.Instrument, -o.Amount, 0);
                break;
        }

        void Move(int account, int asset, long inMarket, long awaiting)
        {
            var (before, waiting) = balances.GetValueOrDefault((account, asset));
            balances[(account, asset)] = (before + inMarket, waiting + awaiting);
            Moved?.Invoke(in one, account, asset, inMarket, awaiting);
        }
    }
}

using System.Globalization;
using System.Runtime.CompilerServices;
using Trading.Gateway.Accounts;
using Trading.Gateway.Deliveries;
using Trading.Gateway.Market;
using Trading.Gateway.Orders;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Live;

/// <summary>
/// One's own orders, fills, balances and settlements. The cursor is the place in the journal up to which orders and fills were told, so any gateway goes
/// on where another stopped; balances and settlements are told as they stand, the newest again after every resume.
/// </summary>
internal sealed class PrivateFeed(PrivateBells bells, IJournal journal, IBlotter blotter, IHoldings holdings, IFunds funds, ISettlements settlements, IDirectory directory, IListings listings, IRules rules)
{
    private const int BatchesMost = 256;
    /// <summary>Commands of everyone that a resume looks through; beyond, the reader reads anew by REST.</summary>
    private const long SequencesMost = 200_000;
    private const int SettlementsAgain = 50;

    /// <exception cref="RefusedException">CURSOR_INVALID.</exception>
    public async IAsyncEnumerable<RawJson> Follow(int account, string? cursor, [EnumeratorCancellation] CancellationToken stop)
    {
        var bell = bells.Hang(account);
        try
        {
            await bells.Begun.WaitAsync(stop);
            var at = Place(cursor) ?? bells.Sequence;
            var resumed = cursor is { Length: > 0 };
            while (true)
            {
                var rung = bell.Rung;
                var (balances, trades) = bell.Take();
                var frames = new List<object>();
                at = await Market(account, at, frames, stop);
                if (resumed) await Settled(account, await settlements.Of(account, null, long.MaxValue, SettlementsAgain, stop), frames, stop);
                else if (trades.Count > 0) await Settled(account, await settlements.Of(account, trades, stop), frames, stop);
                resumed = false;
                if (balances)
                {
                    frames.Add(new { type = "balances", holdings = AccountEndpoints.Show(await holdings.Of(account, stop), await directory.Current(stop)), funds = AccountEndpoints.Show(await funds.Of(account, stop)) });
                }

                if (frames.Count > 0)
                {
                    frames.Add(new { type = "cursor", cursor = at.ToString(CultureInfo.InvariantCulture) });
                    yield return RawJson.Of(frames);
                }

                await rung.WaitAsync(stop);
            }
        }
        finally
        {
            bells.Take(account, bell);
        }
    }

    private static long? Place(string? cursor)
    {
        if (string.IsNullOrEmpty(cursor)) return null;
        return long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : throw Json.No("CURSOR_INVALID", ("after", cursor.Length > 40 ? cursor[..40] : cursor));
    }

    /// <returns>The place reached.</returns>
    private async Task<long> Market(int account, long at, List<object> frames, CancellationToken stop)
    {
        if (bells.Sequence - at > SequencesMost || at > bells.Sequence)
        {
            frames.Add(new { type = "reset" });
            return bells.Sequence;
        }

        var (numbers, refused) = (new SortedSet<long>(), new List<long>());
        var fills = new List<(int Instrument, Func<Tradable, RuleBook, object> Frame)>();
        while (bells.After(at) is var kept && (kept ?? await journal.Read(at, BatchesMost, stop)) is { Count: > 0 } batches)
        {
            foreach (var batch in batches.Where(b => b.LastSequence > at)) Hear(account, batch, numbers, refused, fills);
            at = batches[^1].LastSequence;
            if (kept is not null) break;
        }

        if (numbers.Count + refused.Count > 0)
        {
            var rows = (await blotter.Orders(account, numbers, stop)).ToList();
            foreach (var sequence in refused)
            {
                if (await blotter.OrderBySequence(account, sequence, stop) is { } row) rows.Add(row);
            }

            foreach (var row in rows.OrderBy(r => r.Sequence))
            {
                if (await Named(row.Instrument, stop) is { } tradable) frames.Add(new { type = "order", order = OrderDesk.Show(row, tradable) });
            }
        }

        var book = await rules.Current(stop);
        foreach (var (instrument, frame) in fills)
        {
            if (await Named(instrument, stop) is { } tradable) frames.Add(frame(tradable, book));
        }

        return at;
    }

    private static void Hear(int account, Batch batch, SortedSet<long> numbers, List<long> refused, List<(int Instrument, Func<Tradable, RuleBook, object> Frame)> fills)
    {
        var commands = batch.Commands.Span;
        foreach (ref readonly var output in batch.Outputs.Span)
        {
            switch (output.Kind)
            {
                case OutputKind.Accepted or OutputKind.Cancelled or OutputKind.Replaced or OutputKind.Rested or OutputKind.SaleOpened when output.Account == account:
                    numbers.Add(output.Order);
                    break;
                case OutputKind.Rejected when output.Account == account && commands[output.CommandIndex].Kind is CommandKind.Place or CommandKind.Take:
                    refused.Add(batch.SequenceOf(in output));
                    break;
                case OutputKind.Busted when output.Buyer == account || output.Seller == account:
                    var (busted, lots, fen, when) = (output.TradeNo, output.Lots, output.Amount, output.AtMicros);
                    fills.Add((output.Instrument, (t, _) => new
                    {
                        type = "bust", tradeId = OrderDesk.Id(busted), symbol = t.Instrument.Symbol, quantity = t.Quantity(lots), amount = Json.Yuan(fen), at = MarketEndpoints.At(Time.Instant(when)),
                    }));
                    break;
                case OutputKind.Trade when output.Buyer == account || output.Seller == account:
                    if (output.Buyer == account) Fill(in output, output.BuyOrder, "buy", output.BuyFee);
                    if (output.Seller == account) Fill(in output, output.SellOrder, "sell", output.SellFee);
                    break;
            }
        }

        void Fill(in Output o, long order, string side, long fee)
        {
            numbers.Add(order);
            var (tradeNo, ticks, lots, amount, at, pending) = (o.TradeNo, o.Ticks, o.Lots, o.Amount, o.AtMicros, o.Pending != 0);
            fills.Add((o.Instrument, (t, book) =>
            {
                var fees = t.Fee(fee, book, Time.Instant(at));
                return new
                {
                    type = "fill", tradeId = OrderDesk.Id(tradeNo), orderId = OrderDesk.Id(order), symbol = t.Instrument.Symbol, side, price = t.Price(ticks), quantity = t.Quantity(lots),
                    amount = Json.Yuan(amount), fee = fees.Fee, tradingFee = fees.Trading, settlementFee = fees.Settlement, awaitsConfirmation = pending, at = MarketEndpoints.At(Time.Instant(at)),
                };
            }));
        }
    }

    private async Task Settled(int account, IEnumerable<TradeSettlement> changed, List<object> frames, CancellationToken stop)
    {
        var book = await rules.Current(stop);
        foreach (var settlement in changed)
        {
            if (await Named(settlement.Instrument, stop) is { } tradable) frames.Add(new { type = "settlement", settlement = DeliveryEndpoints.Own(settlement, account, tradable, book) });
        }
    }

    private async Task<Tradable?> Named(int instrument, CancellationToken stop) =>
        (await directory.Current(stop)).Instrument(instrument) is { } named && (await listings.Current(stop)).TryGetValue(instrument, out var listing) ? new(named, listing) : null;
}

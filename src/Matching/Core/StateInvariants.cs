using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>What must be true of a market after every command, said as code. Slow on purpose: it trusts no sum that the market keeps.</summary>
public sealed partial class Market
{
    /// <summary>Each broken rule in a sentence; empty while the market is whole.</summary>
    internal List<string> Broken()
    {
        var broken = new List<string>();
        var expected = new Dictionary<(int Account, int Asset), Balance>();
        var resting = 0;
        foreach (var instrument in instruments)
        {
            if (instrument is null) continue;
            resting += CheckBook(instrument, instrument.Bids, Side.Buy, broken) + CheckBook(instrument, instrument.Asks, Side.Sell, broken);
            if (instrument.Bids.Count > 0 && instrument.Asks.Count > 0 && instrument.Bids.Ranked(0).Ticks >= instrument.Asks.Ranked(0).Ticks)
                broken.Add($"instrument {instrument.Number} is crossed: bid {instrument.Bids.Ranked(0).Ticks}, ask {instrument.Asks.Ranked(0).Ticks}");
        }

        if (resting != orders.Count) broken.Add($"{orders.Count} orders are open, {resting} stand in books");
        CheckChains(broken);
        for (var slot = orders.First; slot >= 0; slot = orders[slot].AllAfter) Expect(in orders[slot], expected, broken);
        foreach (var trade in pending.All)
        {
            if (trade.Done < 0 || trade.Done >= trade.Lots) broken.Add($"a trade of {trade.Lots} lots pends with {trade.Done} done");
            Bump(expected, trade.Buyer, 0, pending: trade.Amount + trade.BuyFee - trade.AmountDone - trade.BuyFeeDone);
            Bump(expected, trade.Buyer, trade.Instrument, coming: trade.Lots - trade.Done);
            Bump(expected, trade.Seller, trade.Instrument, pending: trade.Lots - trade.Done);
        }

        CheckBalances(expected, broken);
        return broken;
    }

    private int CheckBook(Instrument instrument, OrderBook book, Side side, List<string> broken)
    {
        var found = 0;
        for (var rank = 0; rank < book.Count; rank++)
        {
            ref readonly var level = ref book.Ranked(rank);
            var where = $"instrument {instrument.Number} {side} {level.Ticks}";
            if (rank > 0 && (side == Side.Buy ? book.Ranked(rank - 1).Ticks <= level.Ticks : book.Ranked(rank - 1).Ticks >= level.Ticks))
                broken.Add($"{where} stands behind a worse price");
            var (lots, count, before) = ((Int128)0, 0, -1);
            for (var slot = level.First; slot >= 0; slot = orders[slot].After)
            {
                ref var order = ref orders[slot];
                if (order.Before != before || order.Side != side || order.Ticks != level.Ticks || order.Instrument != instrument.Number || orders.Find(order.Number) != slot)
                    broken.Add($"{where} holds order {order.Number} that does not belong there");
                lots += order.Left;
                count++;
                before = slot;
            }

            if (before != level.Last || lots != level.Lots || count != level.Count || count == 0)
                broken.Add($"{where} says {level.Lots} lots of {level.Count} orders, its chain {lots} of {count}");
            found += count;
        }

        return found;
    }

    private void CheckChains(List<string> broken)
    {
        var (all, of, before) = (0, 0, 0L);
        for (var slot = orders.First; slot >= 0; slot = orders[slot].AllAfter)
        {
            if (orders[slot].Number <= before) broken.Add($"order {orders[slot].Number} stands behind {before}");
            before = orders[slot].Number;
            all++;
        }

        for (var number = 1; number <= accounts.Highest; number++)
        {
            if (accounts.Find(number) is not { } account) continue;
            before = 0;
            for (var slot = account.FirstOrder; slot >= 0; slot = orders[slot].AccountAfter)
            {
                if (orders[slot].Number <= before || orders[slot].Account != number) broken.Add($"account {number} lists order {orders[slot].Number} wrongly");
                before = orders[slot].Number;
                of++;
            }

            if (account.Blocked && account.FirstOrder >= 0) broken.Add($"account {number} is blocked and has orders");
        }

        if (all != orders.Count || of != orders.Count) broken.Add($"{orders.Count} orders are open, {all} in the list of all, {of} in accounts' lists");
    }

    private void Expect(in Order order, Dictionary<(int Account, int Asset), Balance> expected, List<string> broken)
    {
        var instrument = Find(order.Instrument)!;
        if (order.Filled < 0 || order.Left < 1 || order.Type != OrderType.Limit || order.TimeInForce is not (TimeInForce.Day or TimeInForce.Gtc))
            broken.Add($"order {order.Number} may not rest");
        var needs = order.Side == Side.Buy ? StillNeeds(in order, instrument) : order.Left;
        if (order.Lock != needs || needs < 0) broken.Add($"order {order.Number} locks {order.Lock} where it needs {needs}");
        if ((order.ClientHigh | order.ClientLow) != 0 && !clientIds.Find(order.Account, order.ClientHigh, order.ClientLow, out _))
            broken.Add($"order {order.Number} lives and its id is forgotten");
        Bump(expected, order.Account, order.Side == Side.Buy ? 0 : order.Instrument, locked: order.Lock);
        if (order.Side == Side.Buy) Bump(expected, order.Account, order.Instrument, coming: order.Left);
    }

    private void CheckBalances(Dictionary<(int Account, int Asset), Balance> expected, List<string> broken)
    {
        for (var asset = 0; asset < accounts.Assets; asset++)
        {
            var sum = (Int128)0;
            for (var number = 1; number <= accounts.Highest; number++)
            {
                if (accounts.Find(number) is not { } account) continue;
                var balance = account.Read(asset);
                var should = expected.GetValueOrDefault((number, asset));
                if (balance.Free < 0 || balance.Locked != should.Locked || balance.Pending != should.Pending || balance.Coming != should.Coming)
                    broken.Add($"account {number} asset {asset}: {balance.Free} free, {balance.Locked}/{balance.Pending}/{balance.Coming} where orders and trades ask {should.Locked}/{should.Pending}/{should.Coming}");
                if (balance.Free > 0 && Claims(account, asset)) broken.Add($"account {number} has asset {asset} free while a freeze claims it");
                sum += (Int128)balance.Free + balance.Locked + balance.Pending;
            }

            if (sum != accounts.Total(asset)) broken.Add($"asset {asset}: {accounts.Total(asset)} in the market, {sum} in accounts");
        }
    }

    private static void Bump(Dictionary<(int Account, int Asset), Balance> expected, int account, int asset, long locked = 0, long pending = 0, long coming = 0)
    {
        var was = expected.GetValueOrDefault((account, asset));
        was.Locked += locked;
        was.Pending += pending;
        was.Coming += coming;
        expected[(account, asset)] = was;
    }
}

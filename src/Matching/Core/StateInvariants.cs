using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>What must be true of a market after every command, said as code. Slow on purpose: it trusts no sum that the market keeps.</summary>
public sealed partial class Market
{
    private struct Should
    {
        public Int128 Locked;
        public Int128 Coming;
    }

    /// <summary>Each broken rule in a sentence; empty while the market is whole.</summary>
    internal List<string> Broken()
    {
        var broken = new List<string>();
        var expected = new Dictionary<(int Account, int Asset), Should>();
        var standing = 0;
        foreach (var instrument in instruments)
        {
            if (instrument is null) continue;
            standing += CheckBook(instrument, instrument.Bids, Side.Buy, Marks.Resting, broken) + CheckBook(instrument, instrument.Asks, Side.Sell, Marks.Resting, broken)
                + CheckBook(instrument, instrument.BuyStops, Side.Buy, Marks.Waiting, broken) + CheckBook(instrument, instrument.SellStops, Side.Sell, Marks.Waiting, broken)
                + CheckBook(instrument, instrument.BuyQueue, Side.Buy, Marks.Gathered, broken) + CheckBook(instrument, instrument.SellQueue, Side.Sell, Marks.Gathered, broken);
            if (instrument is { Mode: Mode.Continuous, Gathered: false }) CheckCrossing(instrument, broken);
            if (instrument.Sealed && !instrument.RiskOff) CheckGuarantees(instrument, broken);
            CheckFresh(instrument, broken);
        }

        if (standing != orders.Count) broken.Add($"{orders.Count} orders are open, {standing} stand in books or among stops");
        if (elected.Count > 0) broken.Add($"{elected.Count} stops are elected and were not heard");
        var lots = new Dictionary<(int Instrument, Side Side), Int128>();
        for (var slot = 0; slot < orders.Used; slot++)
        {
            if (orders[slot].Number == 0) continue;
            Expect(slot, expected, broken);
            lots[(orders[slot].Instrument, orders[slot].Side)] = lots.GetValueOrDefault((orders[slot].Instrument, orders[slot].Side)) + orders[slot].Left;
        }

        foreach (var instrument in instruments)
        {
            if (instrument is not null && (lots.GetValueOrDefault((instrument.Number, Side.Buy)) != instrument.BuyLots || lots.GetValueOrDefault((instrument.Number, Side.Sell)) != instrument.SellLots))
                broken.Add($"instrument {instrument.Number} counts {instrument.BuyLots} lots of buyers and {instrument.SellLots} of sellers, its orders others");
        }

        CheckLists(broken);
        foreach (var trade in pending.All)
        {
            if (trade.Done < 0 || trade.Done >= trade.Lots) broken.Add($"a trade of {trade.Lots} lots pends with {trade.Done} done");
            var off = instruments[trade.Instrument]!.RiskOff;
            Bump(expected, trade.Buyer, 0, off ? 0 : trade.Amount + trade.BuyFee - trade.AmountDone - trade.BuyFeeDone, 0);
            Bump(expected, trade.Buyer, trade.Instrument, 0, trade.Lots - trade.Done);
            Bump(expected, trade.Seller, trade.Instrument, off ? 0 : trade.Lots - trade.Done, 0);
        }

        CheckBalances(expected, broken);
        return broken;
    }

    private int CheckBook(Instrument instrument, OrderBook book, Side side, Marks mark, List<string> broken)
    {
        var (found, levels, worse) = (0, 0, (long?)null);
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level)))
        {
            var ticks = book.TicksOf(level);
            var where = $"instrument {instrument.Number} {side} {mark} {ticks}";
            if (worse is { } before && (!book.Reaches(ticks, before) || ticks == before)) broken.Add($"{where} stands behind a worse price");
            worse = ticks;
            levels++;
            var (lots, count, last) = ((Int128)0, 0, -1);
            for (var slot = book[level].First; slot >= 0; slot = orders[slot].After)
            {
                ref var order = ref orders[slot];
                var price = mark == Marks.Waiting ? orders.Story(slot).StopTicks : mark == Marks.Gathered ? 0 : order.Ticks;
                if (order.Before != last || order.Side != side || price != ticks || order.Instrument != instrument.Number || orders.Find(order.Number) != slot || !order.Is(mark))
                    broken.Add($"{where} holds order {order.Number} that does not belong there");
                lots += orders.ShownOf(slot);
                count++;
                last = slot;
            }

            if (last != book[level].Last || lots != book[level].Lots || count != book[level].Count || count == 0)
                broken.Add($"{where} says {book[level].Lots} lots of {book[level].Count} orders, its chain {lots} of {count}");
            found += count;
        }

        if (levels != book.Count) broken.Add($"instrument {instrument.Number} {side} counts {book.Count} prices and has {levels}");
        return found;
    }

    /// <summary>Only orders with a least quantity, or of one group that would not meet, may stand across each other.</summary>
    private void CheckCrossing(Instrument instrument, List<string> broken)
    {
        var bid = BestPlain(instrument.Bids);
        var ask = BestPlain(instrument.Asks);
        if (bid is { } b && ask is { } a && b >= a) broken.Add($"instrument {instrument.Number} is crossed: bid {b}, ask {a}");
    }

    private long? BestPlain(OrderBook book)
    {
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level)))
        {
            for (var slot = book[level].First; slot >= 0; slot = orders[slot].After)
            {
                if (!orders[slot].Is(Marks.MinLots)) return book.TicksOf(level);
            }
        }

        return null;
    }

    private void CheckGuarantees(Instrument instrument, List<string> broken)
    {
        for (var number = 1; number <= accounts.Highest; number++)
        {
            if (!accounts.Knows(number)) continue;
            var locked = BidsOf(number, instrument, -1);
            bids.Sort(static (a, b) => b.Ticks.CompareTo(a.Ticks));
            var needs = (Int128)0;
            for (var i = 0; i < bids.Count; i++) needs = Int128.Max(needs, GuaranteeAt(i, instrument));
            if (locked != needs) broken.Add($"account {number} locks {locked} behind its bids for instrument {instrument.Number} where it needs {needs}");
        }
    }

    private static void CheckFresh(Instrument instrument, List<string> broken)
    {
        for (var hold = 1; hold < instrument.HoldCount; hold++)
        {
            var (account, fresh) = (instrument.Holds[hold].Account, instrument.Holds[hold].Fresh);
            var bought = instrument.Fresh.Where(b => b.Account == account).Aggregate((Int128)0, (sum, b) => sum + b.Lots);
            if (fresh < 0 || fresh > instrument.Read(account).Free || fresh != bought) broken.Add($"account {account} holds {fresh} fresh lots of instrument {instrument.Number}");
        }
    }

    private void CheckLists(List<string> broken)
    {
        var of = 0;
        for (var number = 0; number <= accounts.Highest; number++)
        {
            if (number > 0 && !accounts.Knows(number)) continue;
            var before = 0L;
            for (var slot = accounts[number].FirstOrder; slot >= 0; slot = orders[slot].AccountAfter)
            {
                if (orders[slot].Number <= before || orders[slot].Account != number) broken.Add($"account {number} lists order {orders[slot].Number} wrongly");
                before = orders[slot].Number;
                of++;
            }

            if (accounts[number].Is(AccountMarks.Blocked) && accounts[number].FirstOrder >= 0) broken.Add($"account {number} is blocked and has orders");
        }

        if (of != orders.Count) broken.Add($"{orders.Count} orders are open, {of} in accounts' lists");
    }

    private void Expect(int slot, Dictionary<(int Account, int Asset), Should> expected, List<string> broken)
    {
        ref var order = ref orders[slot];
        var instrument = Find(order.Instrument)!;
        var story = orders.Story(slot);
        var told = order.Is(Marks.Told);
        if (order.Left < 1 || (told && story.Lots - story.Filled != order.Left) || order.TimeInForce is TimeInForce.Ioc or TimeInForce.Fok && !order.Is(Marks.Waiting))
            broken.Add($"order {order.Number} may not stand: {order.Left} left");
        if (order.Is(Marks.Iceberg) && (story.Shown < 1 || story.Shown > Math.Min(story.Display, order.Left))) broken.Add($"order {order.Number} shows {story.Shown}");
        var needs = StillNeeds(slot, instrument);
        if (order.Lock != needs || needs < 0) broken.Add($"order {order.Number} locks {order.Lock} where it needs {needs}");
        if (order.Heard >= 0 && clientIds[order.Heard].Order != order.Number) broken.Add($"order {order.Number} lives and its id is forgotten");
        Bump(expected, order.Account, 0, order.Lock, 0);
        if (order.Side == Side.Buy) Bump(expected, order.Account, order.Instrument, 0, order.Left);
        else if (!instrument.RiskOff) Bump(expected, order.Account, order.Instrument, order.Left, 0);
    }

    private void CheckBalances(Dictionary<(int Account, int Asset), Should> expected, List<string> broken)
    {
        for (var asset = 0; asset < Math.Max(accounts.Assets, instruments.Length); asset++)
        {
            if (asset > 0 && Find(asset) is null) continue;
            var sum = (Int128)0;
            for (var number = 1; number <= accounts.Highest; number++)
            {
                if (!accounts.Knows(number)) continue;
                var (free, locked) = Balance(number, asset);
                var coming = asset == 0 ? 0 : Find(asset)!.Read(number).Coming;
                var should = expected.GetValueOrDefault((number, asset));
                if (free < 0 || locked != should.Locked || coming != should.Coming)
                    broken.Add($"account {number} asset {asset}: {free} free, {locked}/{coming} where orders and trades ask {should.Locked}/{should.Coming}");
                if (free > 0 && Claims(number, asset)) broken.Add($"account {number} has asset {asset} free while a freeze claims it");
                sum += (Int128)free + locked;
            }

            if (sum != accounts.Total(asset)) broken.Add($"asset {asset}: {accounts.Total(asset)} in the market, {sum} in accounts");
        }
    }

    private static void Bump(Dictionary<(int Account, int Asset), Should> expected, int account, int asset, long locked, long coming)
    {
        var was = expected.GetValueOrDefault((account, asset));
        was.Locked += locked;
        was.Coming += coming;
        expected[(account, asset)] = was;
    }
}

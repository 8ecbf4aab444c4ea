using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Replay;

/// <summary>What the market said, in the file's words; members in the order of the format's table.</summary>
internal sealed partial class Stage
{
    private void Tell(in Output output)
    {
        switch (output.Kind)
        {
            case OutputKind.Accepted: Accepted(in output); break;
            case OutputKind.Rejected: No(MarketCodes.Of(output.Code), Detail(in output)); break;
            case OutputKind.Repeated: Repeated(in output); break;
            case OutputKind.Trade: Traded(in output); break;
            case OutputKind.Cancelled: Cancelled(in output); break;
            case OutputKind.Decremented: Decremented(in output); break;
            case OutputKind.Triggered: Triggered(in output); break;
            // The first phase comes with the listing, which writes nothing.
            case OutputKind.PhaseChanged when line.Op != Op.Instrument: Phased(in output); break;
            case OutputKind.Settled or OutputKind.Unwound: Concluded(in output); break;
            case OutputKind.Deposited or OutputKind.Withdrawn: touched.Add((output.Account, output.Instrument)); break;
            case OutputKind.Closed: orders.DayEnded(output.Instrument); break;
            case OutputKind.Proposed: Proposed(in output); break;
            case OutputKind.Uncrossed: Uncrossed(in output); break;
            case OutputKind.SaleClosed: SaleClosed(in output); break;
            case OutputKind.Extended: Extended(in output); break;
            case OutputKind.SaleOpened: sales.Add(output.Order, EventWriter.Quoted(line.Text(Field.Id))); break;
            case OutputKind.Rested: orders[output.Order].Type = OrderType.Limit; break;
            case OutputKind.PhaseChanged or OutputKind.Listed or OutputKind.LimitsSet or OutputKind.TermsSet or OutputKind.FeeSet or OutputKind.Permitted or OutputKind.Grouped: break;
            default: throw new InvalidOperationException($"no line asks for {output.Kind}");
        }
    }

    /// <summary>The line is refused; nothing changed.</summary>
    private void No(string code, Compared? detail = null)
    {
        events.Begin(seq, "rejected"u8).Raw(",\"op\":\""u8);
        Ascii(Format.Name(line.Op));
        events.Raw("\",\"id\":"u8);
        Given(Field.Id);
        events.Raw(",\"account\":"u8);
        Given(Field.Account);
        events.Raw(",\"symbol\":"u8);
        Given(Field.Symbol);
        events.Raw(",\"code\":\""u8);
        Ascii(code);
        events.Raw("\",\"detail\":"u8);
        if (detail is { } compared) events.Raw("\"needs "u8).Bare(compared.Needed).Raw(", has "u8).Bare(compared.Had).Raw("\""u8);
        else events.Raw("null"u8);
        events.End();
    }

    private readonly record struct Compared(decimal Needed, decimal Had);

    private void Given(Field field)
    {
        if (line.Has(field)) events.Text(line.Text(field));
        else events.Raw("null"u8);
    }

    private void Ascii(string text)
    {
        Span<byte> bytes = stackalloc byte[64];
        events.Raw(bytes[..System.Text.Encoding.ASCII.GetBytes(text, bytes)]);
    }

    private void Accepted(in Output output)
    {
        orders.Opened(new()
        {
            Number = output.Order, Account = output.Account, Instrument = output.Instrument, Id = asked, Json = EventWriter.Quoted(line.Text(Field.Id)), Type = output.Type, Lots = output.Lots,
            Listing = line.Op == Op.Order && line.Flag(Field.Listing),
        });
        if (line.Op == Op.Take) orders.Took(output.Account, asked, output.Instrument, Id(Field.Listing), chosen);
        events.Begin(seq, "accepted"u8).Raw(",\"id\":"u8);
        Given(Field.Id);
        events.Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument)).Raw(",\"account\":"u8).Raw(accounts.Json(output.Account)).End();
    }

    private void Repeated(in Output output)
    {
        events.Begin(seq, "accepted"u8).Raw(",\"id\":"u8);
        Given(line.Op == Op.Replace ? Field.NewId : Field.Id);
        events.Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument)).Raw(",\"account\":"u8).Raw(accounts.Json(output.Account)).Raw(",\"repeat\":true"u8).End();
    }

    private void Traded(in Output output)
    {
        var listed = listings[output.Instrument]!;
        events.Begin(seq, "trade"u8).Raw(",\"n\":"u8).Whole(output.TradeNo).Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument))
            .Raw(",\"price\":"u8).Decimal(listed.Unit.Price(output.Ticks)).Raw(",\"qty\":"u8).Decimal(listed.Unit.Quantity(output.Lots))
            .Raw(",\"buy\":"u8).Raw(NameOf(output.BuyOrder)).Raw(",\"sell\":"u8).Raw(NameOf(output.SellOrder))
            .Raw(",\"buyer\":"u8).Raw(Who(output.Buyer)).Raw(",\"seller\":"u8).Raw(Who(output.Seller)).Raw(",\"aggressor\":"u8).Raw(SideWord(output.Side));
        if (listed.HasFee) events.Raw(",\"buy_fee\":"u8).Decimal(TradingUnit.Yuan(output.BuyFee)).Raw(",\"sell_fee\":"u8).Decimal(TradingUnit.Yuan(output.SellFee));
        events.End();
        Filled(output.BuyOrder, output.Lots);
        // A proposal is both sides of its trade.
        if (output.SellOrder != output.BuyOrder) Filled(output.SellOrder, output.Lots);
        if (output.Pending != 0) pending.Add(output.TradeNo, (output.Instrument, output.Lots));
        if (listed.RiskOff) return;
        touched.Add((output.Buyer, 0));
        touched.Add((output.Seller, output.Instrument));
        if (output.Pending != 0) return;
        touched.Add((output.Buyer, output.Instrument));
        touched.Add((output.Seller, 0));
    }

    private ReadOnlySpan<byte> NameOf(long order) => sales.TryGetValue(order, out var sale) ? sale : orders[order].Json;

    private void Filled(long order, long lots)
    {
        if (!sales.ContainsKey(order)) orders.Filled(orders[order], lots);
    }

    private void Cancelled(in Output output)
    {
        var order = orders[output.Order];
        Ordered("cancelled"u8, order).Raw(",\"qty\":"u8).Decimal(listings[output.Instrument]!.Unit.Quantity(output.Lots)).Raw(output.Reason switch
        {
            CancelReason.User => ",\"reason\":\"user\""u8,
            CancelReason.Ioc => ",\"reason\":\"ioc\""u8,
            CancelReason.Fok => ",\"reason\":\"fok\""u8,
            CancelReason.SelfTrade => ",\"reason\":\"self-trade\""u8,
            CancelReason.Close => ",\"reason\":\"close\""u8,
            CancelReason.Expired => ",\"reason\":\"expired\""u8,
            CancelReason.MarketRemainder => ",\"reason\":\"market-remainder\""u8,
            CancelReason.PostOnly => ",\"reason\":\"post-only\""u8,
            CancelReason.Outbid => ",\"reason\":\"outbid\""u8,
            CancelReason.Declined => ",\"reason\":\"declined\""u8,
            _ => throw new InvalidOperationException($"no line cancels for {output.Reason}"),
        }).End();
        orders.Gone(order);
    }

    private void Decremented(in Output output)
    {
        var (order, unit) = (orders[output.Order], listings[output.Instrument]!.Unit);
        order.Lots -= output.Lots;
        Ordered("decremented"u8, order).Raw(",\"qty\":"u8).Decimal(unit.Quantity(output.Lots)).Raw(",\"left\":"u8).Decimal(unit.Quantity(output.Left)).End();
    }

    private void Triggered(in Output output)
    {
        var order = orders[output.Order];
        order.Type = order.Type == OrderType.Stop ? OrderType.Market : OrderType.Limit;
        Ordered("triggered"u8, order).End();
    }

    private void Replaced(in Output output, OpenOrder order, UInt128 next)
    {
        var unit = listings[output.Instrument]!.Unit;
        order.Lots = output.Lots;
        Ordered("replaced"u8, order);
        if (next != 0) orders.Rename(order, next, EventWriter.Quoted(line.Text(Field.NewId)));
        events.Raw(",\"new_id\":"u8).Raw(order.Json).Raw(",\"price\":"u8);
        if (order.Type is OrderType.Market or OrderType.Stop) events.Raw("null"u8);
        else events.Decimal(unit.Price(output.Ticks));
        events.Raw(",\"qty\":"u8).Decimal(unit.Quantity(output.Lots)).End();
    }

    private EventWriter Ordered(ReadOnlySpan<byte> kind, OpenOrder order) =>
        events.Begin(seq, kind).Raw(",\"id\":"u8).Raw(order.Json).Raw(",\"account\":"u8).Raw(accounts.Json(order.Account));

    private void Phased(in Output output) =>
        events.Begin(seq, "phase"u8).Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument))
            .Raw(output.Phase switch { Phase.Continuous => ",\"phase\":\"continuous\""u8, Phase.Halt => ",\"phase\":\"halt\""u8, Phase.Call => ",\"phase\":\"call\""u8, Phase.Uncross => ",\"phase\":\"uncross\""u8, _ => ",\"phase\":\"close\""u8 }).End();

    private void Concluded(in Output output)
    {
        events.Begin(seq, output.Kind == OutputKind.Settled ? "settled"u8 : "unwound"u8).Raw(",\"n\":"u8).Whole(output.TradeNo)
            .Raw(",\"qty\":"u8).Decimal(listings[output.Instrument]!.Unit.Quantity(output.Lots)).End();
        var left = pending[output.TradeNo].Lots - output.Lots;
        if (left == 0) pending.Remove(output.TradeNo);
        else pending[output.TradeNo] = (output.Instrument, left);
        if (output.Kind == OutputKind.Settled && !listings[output.Instrument]!.RiskOff) touched.Add((output.Seller, 0));
    }

    private void Book()
    {
        if (Known() is not { } listed) return;
        if (line.Has(Field.Depth) && line.Count(Field.Depth) < 1)
        {
            No("OUT_OF_RANGE");
            return;
        }

        events.Begin(seq, "book"u8).Raw(",\"symbol\":"u8).Raw(symbols.Json(listed.Number)).Raw(",\"bids\":"u8);
        Levels(listed, Side.Buy);
        events.Raw(",\"asks\":"u8);
        Levels(listed, Side.Sell);
        if (market.PhaseOf(listed.Number) == Phase.Call) Indicative(listed);
        events.End();
    }

    private void Indicative(Listed listed)
    {
        var clearing = market.Indicative(listed.Number);
        events.Raw(",\"indicative\":["u8);
        Priced(clearing is { } priced ? listed.Unit.Price(priced.Ticks) : null);
        events.Raw(","u8).Decimal(listed.Unit.Quantity(clearing?.Lots ?? 0)).Raw(","u8).Decimal(listed.Unit.Quantity(clearing?.Surplus ?? 0)).Raw(","u8).Raw(SideWord(clearing?.Side ?? Side.None)).Raw("]"u8);
    }

    private void Levels(Listed listed, Side side)
    {
        var left = line.Has(Field.Depth) ? line.Count(Field.Depth) : long.MaxValue;
        var begin = "["u8;
        // In a call market orders are the first level, and have no price.
        if (market.AtMarket(listed.Number, side) is { Orders: > 0 } first && left-- > 0)
        {
            events.Raw("[[null,"u8).Decimal(listed.Unit.Quantity(first.Lots)).Raw(","u8).Whole(first.Orders).Raw("]"u8);
            begin = ","u8;
        }

        foreach (var (ticks, lots, count) in market.Depth(listed.Number, side))
        {
            if (left-- == 0) break;
            events.Raw(begin).Raw("["u8).Decimal(listed.Unit.Price(ticks)).Raw(","u8).Decimal(listed.Unit.Quantity(lots)).Raw(","u8).Whole(count).Raw("]"u8);
            begin = ","u8;
        }

        events.Raw(begin is [(byte)'['] ? "[]"u8 : "]"u8);
    }

    private void Balances()
    {
        var of = line.Has(Field.Account) ? accounts.Find(line.Text(Field.Account)) : -1;
        foreach (var (account, asset) in touched.Where(t => of < 0 || t.Account == of).OrderBy(t => accounts.Text(t.Account), StringComparer.Ordinal).ThenBy(t => AssetText(t.Asset), StringComparer.Ordinal))
        {
            var (free, locked) = market.Balance(account, asset);
            events.Begin(seq, "balance"u8).Raw(",\"account\":"u8).Raw(accounts.Json(account)).Raw(",\"asset\":"u8).Raw(asset == 0 ? "\"CNY\""u8 : symbols.Json(asset))
                .Raw(",\"available\":"u8).Decimal(Amount(asset, free)).Raw(",\"locked\":"u8).Decimal(Amount(asset, locked)).End();
        }
    }

    private string AssetText(int asset) => asset == 0 ? "CNY" : symbols.Text(asset);

    private decimal Amount(int asset, long amount) => asset == 0 ? TradingUnit.Yuan(amount) : listings[asset]!.Unit.Quantity(amount);

    /// <summary>The two values that the market compared, in the units of the file; null where the code says it all.</summary>
    private Compared? Detail(in Output output)
    {
        var unit = listings[output.Instrument]?.Unit;
        return output.Code switch
        {
            Refusal.InsufficientCash or Refusal.OrderValueAboveLimit => new(TradingUnit.Yuan(output.Needed), TradingUnit.Yuan(output.Had)),
            Refusal.PriceAboveLimit or Refusal.PriceBelowLimit or Refusal.PriceNotPositive or Refusal.PriceBelowReserve or Refusal.StepBelowMin or Refusal.StepGtMax when unit is not null => new(unit.Price(output.Needed), unit.Price(output.Had)),
            Refusal.InsufficientPosition or Refusal.T1Locked or Refusal.PositionLimit or Refusal.QtyNotPositive or Refusal.QtyTooSmall or Refusal.QtyTooLarge or Refusal.QtyAboveTrade when unit is not null =>
                new(unit.Quantity(output.Needed), unit.Quantity(output.Had)),
            _ => null,
        };
    }
}

using System.Globalization;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Orders;

/// <param name="Type">limit, market, stop or stop-limit.</param>
/// <param name="TimeInForce">day, ioc, fok, gtc, or gtd with <paramref name="Until"/>.</param>
/// <param name="Until">RFC 3339; at this instant the order is gone.</param>
/// <param name="DisplayQuantity">What an iceberg shows at a time.</param>
/// <param name="MinQuantity">Least quantity of one meeting.</param>
/// <param name="Listing">A listing (挂牌): it stands and takes nothing; only where the instrument trades so.</param>
/// <param name="SelfTrade">cancel-newest, none, cancel-oldest, cancel-both or decrement; left out: the instrument's.</param>
internal sealed record NewOrder(
    string ClientOrderId, string Symbol, string Side, string Quantity, string Type = "limit", string? Price = null, string TimeInForce = "day", string? StopPrice = null, string? Until = null,
    string? DisplayQuantity = null, string? MinQuantity = null, bool AllOrNone = false, bool PostOnly = false, string? SelfTrade = null, bool Listing = false);

/// <param name="Listing">The listing's order id.</param>
internal sealed record ListingTaken(string ClientOrderId, string Listing, string Quantity);

/// <summary>What is left out stays.</summary>
/// <param name="Quantity">The new total, filled part included.</param>
internal sealed record Replacement(string? Price = null, string? Quantity = null, string? StopPrice = null, string? DisplayQuantity = null, string? Until = null, string? ClientOrderId = null);

/// <summary>Translates between what people write and what the market counts. Holds no rule: the market refuses.</summary>
internal sealed class OrderDesk(IOrderEntry entry, IJournal journal, IBlotter blotter, IDirectory directory, IListings listings)
{
    public const int ClientIdMost = 64;

    /// <returns>The answer's body, or a refusal that is no order: CLIENT_ORDER_ID_REUSED.</returns>
    public async Task<(object? Body, Refused? Refused)> Place(int account, NewOrder order, bool inChinese, CancellationToken stop)
    {
        var tradable = await Tradable.Of(order.Symbol, directory, listings, stop);
        var unit = tradable.Listing.Unit;
        var (high, low) = Digest(order.ClientOrderId);
        var type = order.Type switch
        {
            "limit" => OrderType.Limit, "market" => OrderType.Market, "stop" => OrderType.Stop, "stop-limit" => OrderType.StopLimit, _ => throw Json.No("FIELD_INVALID", ("type", Short(order.Type))),
        };
        if (type is OrderType.Limit or OrderType.StopLimit && order.Price is null) throw Json.No("FIELD_MISSING", ("path", "price"));
        if (order is { AllOrNone: true, MinQuantity: not null }) throw Json.No("FIELD_INVALID", ("minQuantity", Short(order.MinQuantity)));
        var command = new Command
        {
            Kind = CommandKind.Place, Account = account, Instrument = tradable.Instrument.Number,
            Side = order.Side switch { "buy" => Side.Buy, "sell" => Side.Sell, _ => throw Json.No("FIELD_INVALID", ("side", Short(order.Side))) },
            Type = type,
            TimeInForce = order.TimeInForce switch
            {
                "day" => TimeInForce.Day, "ioc" => TimeInForce.Ioc, "fok" => TimeInForce.Fok, "gtc" => TimeInForce.Gtc,
                "gtd" => TimeInForce.Gtd, _ => throw Json.No("FIELD_INVALID", ("timeInForce", Short(order.TimeInForce))),
            },
            Ticks = order.Price is null ? 0 : Json.Whole(order.Price, "price", unit.Tick, unit.Ticks),
            Lots = Json.Whole(order.Quantity, "quantity", unit.Lot, unit.Lots),
            ClientHigh = high, ClientLow = low,
            StopTicks = order.StopPrice is null ? 0 : Json.Whole(order.StopPrice, "stopPrice", unit.Tick, unit.Ticks),
            Display = order.DisplayQuantity is null ? 0 : Json.Whole(order.DisplayQuantity, "displayQuantity", unit.Lot, unit.Lots),
            MinLots = order.AllOrNone ? Json.Whole(order.Quantity, "quantity", unit.Lot, unit.Lots) : order.MinQuantity is null ? 0 : Json.Whole(order.MinQuantity, "minQuantity", unit.Lot, unit.Lots),
            UntilMicros = order.Until is null ? 0 : Until(order.Until),
            Flags = order.PostOnly ? CommandFlags.PostOnly : CommandFlags.None, Listing = (byte)(order.Listing ? 1 : 0),
            SelfTrade = order.SelfTrade switch
            {
                null => SelfTrade.Default, "cancel-newest" => SelfTrade.CancelNewest, "none" => SelfTrade.None, "cancel-oldest" => SelfTrade.CancelOldest, "cancel-both" => SelfTrade.CancelBoth,
                "decrement" => SelfTrade.Decrement, _ => throw Json.No("FIELD_INVALID", ("selfTrade", Short(order.SelfTrade))),
            },
        };
        return await Enter(command, order.ClientOrderId, tradable, inChinese, stop);
    }

    /// <summary>Takes one listing that the taker chose, at its price (点选摘牌). The pair is asked before it is taken.</summary>
    public async Task<(object? Body, Refused? Refused)> Take(int account, string symbol, ListingTaken taken, bool inChinese, CancellationToken stop)
    {
        var tradable = await Tradable.Of(symbol, directory, listings, stop);
        var (high, low) = Digest(taken.ClientOrderId);
        var lots = Json.Whole(taken.Quantity, "quantity", tradable.Listing.Unit.Lot, tradable.Listing.Unit.Lots);
        var number = long.TryParse(taken.Listing, NumberStyles.None, CultureInfo.InvariantCulture, out var listing) ? listing : 0;
        if (await blotter.Listing(tradable.Instrument.Number, number, stop) is { } chosen)
        {
            var (seller, buyer) = chosen.Side == Side.Sell ? (chosen.Account, account) : (account, chosen.Account);
            if (lots > 0 && await listings.Between(seller, buyer, tradable.Instrument.Number, lots, stop) is { } refused) return (null, refused.InUnitsOf(tradable.Instrument));
        }

        var command = new Command { Kind = CommandKind.Take, Account = account, Instrument = tradable.Instrument.Number, Order = number, Lots = lots, ClientHigh = high, ClientLow = low };
        return await Enter(command, taken.ClientOrderId, tradable, inChinese, stop);
    }

    internal static (ulong High, ulong Low) Digest(string id) =>
        id is { Length: >= 1 and <= ClientIdMost } && Texts.IsVisible(id) ? Matching.Contracts.ClientOrderId.Digest(id) : throw Json.No("CLIENT_ORDER_ID_INVALID", ("most", "64"));

    private async Task<(object? Body, Refused? Refused)> Enter(Command command, string clientId, Tradable tradable, bool inChinese, CancellationToken stop)
    {
        var answer = await entry.Submit(command, clientId, stop);
        var first = answer.Outputs[0];
        if (first.Kind == OutputKind.Rejected && first.Code == Refusal.ClientOrderIdReused) return (null, Refused.Because("CLIENT_ORDER_ID_REUSED", null).With("clientOrderId", clientId));
        if (first.Kind == OutputKind.Repeated)
        {
            // The first answer, word for word, from the journal that holds it.
            var batch = await journal.Holding(first.Original, stop) ?? throw new InvalidOperationException($"sequence {first.Original} is not in the journal");
            var index = (int)(first.Original - batch.FirstSequence);
            List<Output> heard = [];
            foreach (var output in batch.Outputs.Span)
            {
                if (output.CommandIndex == index) heard.Add(output);
            }

            return (Placed(first.Original, clientId, tradable, heard, batch.Commands.Span[index], inChinese), null);
        }

        return (Placed(answer.Sequence, clientId, tradable, answer.Outputs, command, inChinese), null);
    }

    /// <returns>Null: no such order of this account.</returns>
    public async Task<(object? Body, Refused? Refused)> Replace(int account, long number, Replacement replacement, CancellationToken stop)
    {
        if (await blotter.Order(account, number, stop) is not { } row) return (null, null);
        var tradable = await Named(row.Instrument, stop);
        var unit = tradable.Listing.Unit;
        var command = new Command { Kind = CommandKind.Replace, Account = account, Instrument = row.Instrument, Order = number };
        if (replacement.Price is { } price) (command.Ticks, command.Changes) = (Json.Whole(price, "price", unit.Tick, unit.Ticks), command.Changes | Changes.Price);
        if (replacement.Quantity is { } quantity) (command.Lots, command.Changes) = (Json.Whole(quantity, "quantity", unit.Lot, unit.Lots), command.Changes | Changes.Lots);
        if (replacement.StopPrice is { } stopPrice) (command.StopTicks, command.Changes) = (Json.Whole(stopPrice, "stopPrice", unit.Tick, unit.Ticks), command.Changes | Changes.Stop);
        if (replacement.DisplayQuantity is { } display) (command.Display, command.Changes) = (Json.Whole(display, "displayQuantity", unit.Lot, unit.Lots), command.Changes | Changes.Display);
        if (replacement.Until is { } until) (command.UntilMicros, command.Changes) = (Until(until), command.Changes | Changes.Until);
        if (command.Changes == Changes.None) throw Json.No("FIELD_MISSING", ("path", "price"));
        if (replacement.ClientOrderId is { } name)
        {
            (command.ClientHigh, command.ClientLow) = Digest(name);
        }

        var answer = await entry.Submit(command, replacement.ClientOrderId, stop);
        if (answer.Outputs[0] is { Kind: OutputKind.Rejected } refused) return (null, Why(in refused, tradable));
        return (Show((await blotter.Order(account, number, stop))!, tradable), null);
    }

    public async Task<(object? Body, Refused? Refused)> Cancel(int account, long number, CancellationToken stop)
    {
        if (await blotter.Order(account, number, stop) is not { } row) return (null, null);
        var tradable = await Named(row.Instrument, stop);
        var answer = await entry.Submit(new() { Kind = CommandKind.Cancel, Account = account, Order = number }, null, stop);
        if (answer.Outputs[0] is { Kind: OutputKind.Rejected } refused) return (null, Why(in refused, tradable));
        return (Show((await blotter.Order(account, number, stop))!, tradable), null);
    }

    public async Task<object> CancelAll(int account, string? symbol, string? side, CancellationToken stop)
    {
        var tradable = symbol is null ? null : await Tradable.Of(symbol, directory, listings, stop);
        var answer = await entry.Submit(new()
        {
            Kind = CommandKind.CancelAll, Account = account, Instrument = tradable?.Instrument.Number ?? 0,
            Side = side switch { null => Side.None, "buy" => Side.Buy, "sell" => Side.Sell, _ => throw Json.No("FIELD_INVALID", ("side", Short(side))) },
        }, null, stop);
        return new { sequence = answer.Sequence, cancelled = answer.Outputs.Where(o => o.Kind == OutputKind.Cancelled).Select(o => Id(o.Order)) };
    }

    public Task<Tradable> Named(int instrument, CancellationToken stop) => Tradable.Of(instrument, directory, listings, stop);

    public static string Id(long sequence) => sequence.ToString(CultureInfo.InvariantCulture);

    public static object Show(OrderRow row, Tradable tradable)
    {
        var refused = row.Status == OrderStatus.Refused ? Why(row.Code, row.Needed, row.Had, tradable) : null;
        return new
        {
            orderId = Id(row.Sequence), clientOrderId = row.ClientId, symbol = tradable.Instrument.Symbol, side = MarketEndpoints.Word(row.Side),
            type = row.Type switch { OrderType.Market => "market", OrderType.Stop => "stop", OrderType.StopLimit => "stop-limit", _ => "limit" }, timeInForce = row.TimeInForce.ToString().ToLowerInvariant(),
            price = row.Type is OrderType.Market or OrderType.Stop ? null : tradable.Price(row.Ticks), quantity = tradable.Quantity(row.Lots), filledQuantity = tradable.Quantity(row.FilledLots),
            stopPrice = row.StopTicks == 0 ? null : tradable.Price(row.StopTicks), displayQuantity = row.Display == 0 ? null : tradable.Quantity(row.Display),
            minQuantity = row.MinLots == 0 ? null : tradable.Quantity(row.MinLots), until = row.Until is { } end ? MarketEndpoints.At(end) : null, postOnly = row.PostOnly,
            averagePrice = Average(row.TicksTimesLots, row.FilledLots, tradable), status = Word(row.Status), reason = row.Reason == CancelReason.None ? null : Word(row.Reason),
            code = refused?.Code, values = Values(refused), sequence = row.Sequence, enteredAt = MarketEndpoints.At(row.EnteredAt), changedAt = MarketEndpoints.At(row.ChangedAt),
        };
    }

    private static object Placed(long sequence, string clientId, Tradable tradable, IReadOnlyList<Output> outputs, in Command command, bool inChinese)
    {
        var (filled, ticksLots) = (0L, 0m);
        var (status, reason, refused) = (OrderStatus.Open, CancelReason.None, (Refused?)null);
        foreach (var output in outputs)
        {
            switch (output.Kind)
            {
                case OutputKind.Accepted when output.Order == sequence:
                    status = output.Waiting == 1 ? OrderStatus.Waiting : OrderStatus.Open;
                    break;
                case OutputKind.Rejected:
                    (status, refused) = (OrderStatus.Refused, Why(in output, tradable));
                    break;
                case OutputKind.Trade when output.BuyOrder == sequence || output.SellOrder == sequence:
                    filled += output.Lots;
                    ticksLots += (decimal)output.Ticks * output.Lots;
                    status = filled == command.Lots ? OrderStatus.Filled : OrderStatus.PartiallyFilled;
                    break;
                case OutputKind.Cancelled when output.Order == sequence:
                    (status, reason) = (output.Reason == CancelReason.Expired ? OrderStatus.Expired : OrderStatus.Cancelled, output.Reason);
                    break;
            }
        }

        return new
        {
            orderId = Id(sequence), clientOrderId = clientId, sequence, status = Word(status), filledQuantity = tradable.Quantity(filled), averagePrice = Average(ticksLots, filled, tradable),
            reason = reason == CancelReason.None ? null : Word(reason), code = refused?.Code,
            title = refused is null ? null : inChinese ? CodeBook.Of(refused.Code).Zh : CodeBook.Of(refused.Code).En, rule = refused?.Rule, values = Values(refused),
        };
    }

    private static string? Average(decimal ticksLots, long filled, Tradable tradable) =>
        filled == 0 ? null : Json.Text(decimal.Round(ticksLots / filled * tradable.Listing.Unit.Tick, 6, MidpointRounding.AwayFromZero));

    private static Dictionary<string, string>? Values(Refused? refused) => refused?.Values.ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);

    private static Refused Why(in Output refused, Tradable tradable) => Why(refused.Code, refused.Needed, refused.Had, tradable);

    /// <summary>The two values that the market compared, in the units that people read.</summary>
    internal static Refused Why(Refusal code, long needed, long had, Tradable tradable)
    {
        Func<long, string> unit = code switch
        {
            Refusal.InsufficientCash or Refusal.OrderValueTooLarge or Refusal.OrderValueAboveLimit => Json.Yuan,
            Refusal.InsufficientPosition or Refusal.PositionLimit or Refusal.QtyNotPositive or Refusal.QtyAboveTrade or Refusal.QtyTooSmall or Refusal.QtyTooLarge or Refusal.T1Locked
                or Refusal.DisplayNotAllowed or Refusal.MinQtyNotAllowed => tradable.Quantity,
            Refusal.PriceAboveLimit or Refusal.PriceBelowLimit or Refusal.PriceNotPositive or Refusal.PriceNotAllowed or Refusal.StopRequired or Refusal.StopNotAllowed
                or Refusal.PriceBelowReserve or Refusal.StepBelowMin or Refusal.StepGtMax => tradable.Price,
            _ => Id,
        };
        return Refused.Because(MarketCodes.Of(code), CodeBook.Of(MarketCodes.Of(code)).Rule).With("needed", unit(needed)).With("had", unit(had));
    }

    private static string Word(OrderStatus status) => status switch
    {
        OrderStatus.Open => "open", OrderStatus.PartiallyFilled => "partiallyFilled", OrderStatus.Filled => "filled", OrderStatus.Cancelled => "cancelled",
        OrderStatus.Waiting => "waiting", OrderStatus.Expired => "expired", _ => "refused",
    };

    internal static string Word(CancelReason reason) => reason switch
    {
        CancelReason.User => "user", CancelReason.Ioc => "ioc", CancelReason.Fok => "fok", CancelReason.SelfTrade => "self-trade", CancelReason.Close => "close",
        CancelReason.MarketRemainder => "market-remainder", CancelReason.Seizure => "seizure", CancelReason.Blocked => "blocked",
        CancelReason.PostOnly => "post-only", CancelReason.Expired => "expired", CancelReason.DeadMan => "dead-man", CancelReason.Disconnect => "disconnect", CancelReason.Outbid => "outbid",
        CancelReason.Declined => "declined", _ => "volatility",
    };

    private static long Until(string text) =>
        NodaTime.Text.InstantPattern.ExtendedIso.Parse(text) is { Success: true, Value: var at } && at > NodaTime.Instant.FromUnixTimeTicks(0) ? Time.Micros(at) : throw Json.No("FIELD_INVALID", ("until", Short(text)));

    private static string Short(string? text) => text is null ? "" : text.Length > 40 ? text[..40] + "…" : text;
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Trading.Gateway.Market;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Orders;

internal sealed record NewOrder(
    string ClientOrderId, string Symbol, string Side, string Quantity, string Type = "limit", string? Price = null, string TimeInForce = "day");

internal sealed record Replacement(string Price, string Quantity);

/// <summary>Translates between what people write and what the market counts. Holds no rule: the market refuses.</summary>
internal sealed class OrderDesk(IOrderEntry entry, IJournal journal, IBlotter blotter, IDirectory directory, IListings listings)
{
    public const int ClientIdMost = 64;

    /// <returns>The answer's body, or a refusal that is no order: CLIENT_ORDER_ID_REUSED.</returns>
    public async Task<(object? Body, Refused? Refused)> Place(int account, NewOrder order, bool inChinese, CancellationToken stop)
    {
        var tradable = await Tradable.Of(order.Symbol, directory, listings, stop);
        if (order.ClientOrderId is not { Length: >= 1 and <= ClientIdMost } || order.ClientOrderId.Any(char.IsControl)) throw Json.No("CLIENT_ORDER_ID_INVALID", ("most", "64"));
        var unit = tradable.Listing.Unit;
        var (high, low) = Digest(order.ClientOrderId);
        var type = order.Type switch { "limit" => OrderType.Limit, "market" => OrderType.Market, _ => throw Json.No("FIELD_INVALID", ("type", Short(order.Type))) };
        if (type == OrderType.Limit && order.Price is null) throw Json.No("FIELD_MISSING", ("path", "price"));
        var command = new Command
        {
            Kind = CommandKind.Place, Account = account, Instrument = tradable.Instrument.Number,
            Side = order.Side switch { "buy" => Side.Buy, "sell" => Side.Sell, _ => throw Json.No("FIELD_INVALID", ("side", Short(order.Side))) },
            Type = type,
            TimeInForce = order.TimeInForce switch
            {
                "day" => TimeInForce.Day, "ioc" => TimeInForce.Ioc, "fok" => TimeInForce.Fok, "gtc" => TimeInForce.Gtc, _ => throw Json.No("FIELD_INVALID", ("timeInForce", Short(order.TimeInForce))),
            },
            Ticks = order.Price is null ? 0 : Json.Whole(order.Price, "price", unit.Tick, unit.Ticks),
            Lots = Json.Whole(order.Quantity, "quantity", unit.Lot, unit.Lots),
            ClientHigh = high, ClientLow = low,
        };
        var answer = await entry.Submit(command, order.ClientOrderId, stop);
        var first = answer.Outputs[0];
        if (first.Kind == OutputKind.Rejected && first.Code == Refusal.ClientOrderIdReused) return (null, Refused.Because("CLIENT_ORDER_ID_REUSED", null).With("clientOrderId", order.ClientOrderId));
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

            return (Placed(first.Original, order.ClientOrderId, tradable, heard, batch.Commands.Span[index], inChinese), null);
        }

        return (Placed(answer.Sequence, order.ClientOrderId, tradable, answer.Outputs, command, inChinese), null);
    }

    /// <returns>Null: no such order of this account.</returns>
    public async Task<(object? Body, Refused? Refused)> Replace(int account, long number, Replacement replacement, CancellationToken stop)
    {
        if (await blotter.Order(account, number, stop) is not { } row) return (null, null);
        var tradable = await Named(row.Instrument, stop);
        var unit = tradable.Listing.Unit;
        var answer = await entry.Submit(new()
        {
            Kind = CommandKind.Replace, Account = account, Instrument = row.Instrument, Order = number,
            Ticks = Json.Whole(replacement.Price, "price", unit.Tick, unit.Ticks), Lots = Json.Whole(replacement.Quantity, "quantity", unit.Lot, unit.Lots),
        }, null, stop);
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

    public async Task<Tradable> Named(int instrument, CancellationToken stop) =>
        new((await directory.Current(stop)).Instrument(instrument)!, (await listings.Current(stop))[instrument]);

    public static string Id(long sequence) => sequence.ToString(CultureInfo.InvariantCulture);

    public static object Show(OrderRow row, Tradable tradable)
    {
        var refused = row.Status == OrderStatus.Refused ? Why(row.Code, row.Needed, row.Had, tradable) : null;
        return new
        {
            orderId = Id(row.Sequence), clientOrderId = row.ClientId, symbol = tradable.Instrument.Symbol, side = MarketEndpoints.Word(row.Side),
            type = row.Type == OrderType.Market ? "market" : "limit", timeInForce = row.TimeInForce.ToString().ToLowerInvariant(),
            price = row.Type == OrderType.Market ? null : tradable.Price(row.Ticks), quantity = tradable.Quantity(row.Lots), filledQuantity = tradable.Quantity(row.FilledLots),
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
                case OutputKind.Rejected:
                    (status, refused) = (OrderStatus.Refused, Why(in output, tradable));
                    break;
                case OutputKind.Trade when output.BuyOrder == sequence || output.SellOrder == sequence:
                    filled += output.Lots;
                    ticksLots += (decimal)output.Ticks * output.Lots;
                    status = filled == command.Lots ? OrderStatus.Filled : OrderStatus.PartiallyFilled;
                    break;
                case OutputKind.Cancelled when output.Order == sequence:
                    (status, reason) = (OrderStatus.Cancelled, output.Reason);
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
    private static Refused Why(Refusal code, long needed, long had, Tradable tradable)
    {
        Func<long, string> unit = code switch
        {
            Refusal.InsufficientCash or Refusal.OrderValueTooLarge => Json.Yuan,
            Refusal.InsufficientPosition or Refusal.PositionLimit or Refusal.QtyNotPositive or Refusal.QtyAboveTrade => tradable.Quantity,
            Refusal.PriceAboveLimit or Refusal.PriceBelowLimit or Refusal.PriceNotPositive or Refusal.PriceNotAllowed => tradable.Price,
            _ => Id,
        };
        return Refused.Because(MarketCodes.Of(code), CodeBook.Of(MarketCodes.Of(code)).Rule).With("needed", unit(needed)).With("had", unit(had));
    }

    private static string Word(OrderStatus status) => status switch
    {
        OrderStatus.Open => "open", OrderStatus.PartiallyFilled => "partiallyFilled", OrderStatus.Filled => "filled", OrderStatus.Cancelled => "cancelled",
        OrderStatus.Waiting => "waiting", OrderStatus.Expired => "expired", _ => "refused",
    };

    private static string Word(CancelReason reason) => reason switch
    {
        CancelReason.User => "user", CancelReason.Ioc => "ioc", CancelReason.Fok => "fok", CancelReason.SelfTrade => "self-trade", CancelReason.Close => "close",
        CancelReason.MarketRemainder => "market-remainder", CancelReason.Seizure => "seizure", CancelReason.Blocked => "blocked",
        CancelReason.PostOnly => "post-only", CancelReason.Expired => "expired", CancelReason.DeadMan => "dead-man", CancelReason.Disconnect => "disconnect", _ => "volatility",
    };

    private static (ulong High, ulong Low) Digest(string clientId)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(clientId), hash);
        return (BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]));
    }

    private static string Short(string? text) => text is null ? "" : text.Length > 40 ? text[..40] + "…" : text;
}

using Trading.Matching.Core;

namespace Trading.Matching.Replay;

/// <summary>Orders come in, change and go.</summary>
internal sealed partial class Stage
{
    private static readonly OrderType[] Types = [OrderType.Limit, OrderType.Market, OrderType.Stop, OrderType.StopLimit];
    private static readonly TimeInForce[] Times = [TimeInForce.Day, TimeInForce.Gtc, TimeInForce.Gtd, TimeInForce.Ioc, TimeInForce.Fok];

    private void Order()
    {
        if (Known() is not { } listed) return;
        var (type, time) = (Types[line.Word(Field.Type)], Times[line.Word(Field.Tif)]);
        if (Lacking(type, time) is { } lacking)
        {
            No(lacking);
            return;
        }

        var (unit, aon) = (listed.Unit, line.Flag(Field.Aon));
        if (!Steps(Field.Qty, unit.Lots, out var lots) || !Steps(Field.Price, unit.Ticks, out var ticks) || !Steps(Field.Stop, unit.Ticks, out var stop)
            || !Steps(Field.Display, unit.Lots, out var display) || !Steps(Field.MinQty, unit.Lots, out var least) || Zero(type, listed, ticks, stop, display))
            return;
        // All or none is a least quantity: two of them are one too many.
        if (line.Has(Field.MinQty) && (least == 0 || aon))
        {
            No("MIN_QTY_NOT_ALLOWED");
            return;
        }

        asked = Id(Field.Id);
        Do(new()
        {
            Kind = CommandKind.Place, Account = Account(), Instrument = listed.Number, Side = line.Word(Field.Side) == 0 ? Side.Buy : Side.Sell, Type = type, TimeInForce = time,
            Flags = line.Flag(Field.PostOnly) ? CommandFlags.PostOnly : 0, Listing = (byte)(line.Flag(Field.Listing) ? 1 : 0), SelfTrade = line.Has(Field.Stp) ? SelfTrades[line.Word(Field.Stp)] : SelfTrade.Default,
            Ticks = ticks, Lots = lots, StopTicks = stop, Display = display, MinLots = aon ? Math.Max(lots, 0) : least, UntilMicros = Until(),
            ClientHigh = (ulong)(asked >> 64), ClientLow = (ulong)(asked & ulong.MaxValue),
        });
    }

    /// <summary>A command has 0 both for a price that is nought and for one that is not there.</summary>
    private string? Lacking(OrderType type, TimeInForce time)
    {
        var (hasPrice, hasStop) = (type is OrderType.Limit or OrderType.StopLimit, type >= OrderType.Stop);
        if (line.Has(Field.Price) != hasPrice) return hasPrice ? "PRICE_REQUIRED" : "PRICE_NOT_ALLOWED";
        if (line.Has(Field.Stop) != hasStop) return hasStop ? "STOP_REQUIRED" : "STOP_NOT_ALLOWED";
        if (line.Has(Field.Until) != (time == TimeInForce.Gtd)) return time == TimeInForce.Gtd ? "UNTIL_REQUIRED" : "UNTIL_NOT_ALLOWED";
        return null;
    }

    /// <summary>A nought that the market would not see as one; it was said.</summary>
    private bool Zero(OrderType type, Listed listed, long ticks, long stop, long display)
    {
        if (line.Has(Field.Price) && ticks == 0 && !listed.Negative) No("PRICE_NOT_POSITIVE");
        else if (line.Has(Field.Price) && type is OrderType.Market or OrderType.Stop) No("PRICE_NOT_ALLOWED");
        else if (line.Has(Field.Stop) && type < OrderType.Stop) No("STOP_NOT_ALLOWED");
        else if (line.Has(Field.Stop) && stop == 0 && !listed.Negative) No("PRICE_NOT_POSITIVE");
        else if (line.Has(Field.Display) && display == 0) No("DISPLAY_NOT_ALLOWED");
        else return false;
        return true;
    }

    /// <summary>To the market 0 is no end at all: what ended before its time began ends as its time begins.</summary>
    private long Until() => line.Has(Field.Until) ? Math.Max(1, line.Micros(Field.Until)) : 0;

    private void Replace()
    {
        var (account, id, next) = (Account(), Id(Field.Id), line.Has(Field.NewId) ? Id(Field.NewId) : 0);
        var order = orders.Find(account, id);
        var (number, instrument) = order is not null ? (order.Number, order.Instrument) : orders.GaveUp(account, id, next);
        var command = new Command { Kind = CommandKind.Replace, Account = account, Order = number, Instrument = instrument, ClientHigh = (ulong)(next >> 64), ClientLow = (ulong)(next & ulong.MaxValue) };
        if (listings[instrument] is not { } listed)
        {
            Do(command);
            return;
        }

        var unit = listed.Unit;
        if (!Steps(Field.Price, unit.Ticks, out command.Ticks) || !Steps(Field.Qty, unit.Lots, out command.Lots) || !Steps(Field.Stop, unit.Ticks, out command.StopTicks)
            || !Steps(Field.Display, unit.Lots, out command.Display) || (order is not null && Zero(order.Type, listed, command.Ticks, command.StopTicks, command.Display)))
            return;
        command.UntilMicros = Until();
        command.Changes = (line.Has(Field.Price) ? Changes.Price : 0) | (line.Has(Field.Qty) ? Changes.Lots : 0) | (line.Has(Field.Stop) ? Changes.Stop : 0)
            | (line.Has(Field.Display) ? Changes.Display : 0) | (line.Has(Field.Until) ? Changes.Until : 0);
        Apply(command);
        // The market remembers the new id also where nothing was left that could answer to it.
        if (order is not null && next != 0 && outputs.Written[0].Kind is OutputKind.Replaced or OutputKind.Cancelled) orders.GiveUp(order, next);
        foreach (ref readonly var output in outputs.Written)
        {
            if (output.Kind == OutputKind.Replaced) Replaced(in output, order!, next);
            else Tell(in output);
        }
    }

    private void Cancel()
    {
        var id = Id(Field.Id);
        Do(new() { Kind = CommandKind.Cancel, Account = Account(), ClientHigh = (ulong)(id >> 64), ClientLow = (ulong)(id & ulong.MaxValue) });
    }

    private void CancelAll()
    {
        var instrument = 0;
        if (line.Has(Field.Symbol))
        {
            if (Known() is not { } listed) return;
            instrument = listed.Number;
        }

        if (line.Has(Field.Account))
        {
            Do(new() { Kind = CommandKind.CancelAll, Account = Account(), Instrument = instrument });
            return;
        }

        // An order may leave because another left before it, or be a bid that binds: then there is nothing to say.
        foreach (var order in orders.Open(instrument))
        {
            Apply(new() { Kind = CommandKind.Cancel, Account = order.Account, Order = order.Number });
            foreach (ref readonly var output in outputs.Written)
            {
                if (output.Kind != OutputKind.Rejected) Tell(in output);
            }
        }
    }
}

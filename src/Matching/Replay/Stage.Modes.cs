using Trading.Matching.Core;

namespace Trading.Matching.Replay;

/// <summary>Listings that are taken, sales, and trades that two agree on.</summary>
internal sealed partial class Stage
{
    private const long MicrosPerSecond = 1_000_000;
    private static readonly Ties[] TieRules = [Ties.ProRata, Ties.Time, Ties.Random];

    /// <summary>Number of the listing that the take asks for; 0 = there is none.</summary>
    private long chosen;

    private void Take()
    {
        if (Known() is not { } listed || !Steps(Field.Qty, listed.Unit.Lots, out var lots)) return;
        asked = Id(Field.Id);
        var account = Account();
        chosen = orders.Listing(listed.Number, Id(Field.Listing), account, asked);
        Do(new() { Kind = CommandKind.Take, Account = account, Instrument = listed.Number, Order = chosen, Lots = lots, ClientHigh = (ulong)(asked >> 64), ClientLow = (ulong)(asked & ulong.MaxValue) });
    }

    private void OpenSale()
    {
        if (Known() is not { } listed) return;
        var unit = listed.Unit;
        if (!Steps(Field.Supply, unit.Lots, out var supply) || !Steps(Field.Reserve, unit.Ticks, out var reserve) || !Steps(Field.Increment, unit.Ticks, out var increment)
            || !Steps(Field.MaxStep, unit.Ticks, out var most))
            return;
        if (line.Has(Field.Reserve) && reserve < 1)
        {
            No("PRICE_NOT_POSITIVE");
            return;
        }

        var command = new Command
        {
            Kind = CommandKind.OpenSale, Account = line.Has(Field.Seller) ? accounts.Of(line.Text(Field.Seller)) : 0, Instrument = listed.Number, Lots = supply, Ticks = reserve, UntilMicros = Until(),
            Undersubscribed = (Undersubscribed)line.Word(Field.Undersubscribed), Ties = line.Has(Field.Ties) ? TieRules[line.Word(Field.Ties)] : Ties.Default,
        };
        // What is of the one kind of sale does not go with the other.
        var stepped = line.Has(Field.Increment) || line.Has(Field.MaxStep) || line.Has(Field.ExtendSeconds) || line.Has(Field.MaxExtensions);
        var shared = line.Has(Field.BidLimit) || line.Has(Field.Undersubscribed) || line.Has(Field.Ties) || line.Has(Field.Seed);
        if (listed.Mode == Mode.Sealed ? stepped || !Shares(ref command) : listed.Mode == Mode.Ascending && (shared || !Climbs(ref command, increment, most))) No("SALE_TERMS_INVALID");
        else Do(command);
    }

    /// <summary>False: the limit or the seed is none.</summary>
    private bool Shares(ref Command command)
    {
        if (line.Has(Field.BidLimit))
        {
            if (line.Number(Field.BidLimit) is not { Fits: true, Value: > 0 and <= 1 and var part } || !decimal.IsInteger(part * 1_000_000)) return false;
            command.BidLimitMillionths = (int)(part * 1_000_000);
        }

        if (!line.Has(Field.Seed)) return command.Ties != Ties.Random;
        if (line.Number(Field.Seed) is not { Fits: true, Value: >= long.MinValue and <= long.MaxValue and var seed } || !decimal.IsInteger(seed)) return false;
        command.Seed = (long)seed;
        return true;
    }

    /// <summary>False: a step or the extension is none.</summary>
    private bool Climbs(ref Command command, long increment, long most)
    {
        var extend = line.Has(Field.ExtendSeconds) ? line.Count(Field.ExtendSeconds) : 0;
        var times = line.Has(Field.MaxExtensions) ? line.Count(Field.MaxExtensions) : 0;
        if ((line.Has(Field.Increment) && increment < 0) || (line.Has(Field.MaxStep) && most < 1) || extend is < 0 or > long.MaxValue / MicrosPerSecond || times is < 0 or > int.MaxValue) return false;
        (command.Increment, command.MaxStep) = (increment, most);
        // To the market no number of extensions is any number.
        var never = line.Has(Field.MaxExtensions) && times == 0;
        (command.ExtendMicros, command.ExtensionsMost) = (never ? 0 : extend * MicrosPerSecond, (int)times);
        return true;
    }

    private void Propose()
    {
        if (Known() is not { } listed || !Steps(Field.Qty, listed.Unit.Lots, out var lots) || !Steps(Field.Price, listed.Unit.Ticks, out var ticks)) return;
        asked = Id(Field.Id);
        Do(new()
        {
            Kind = CommandKind.Propose, Account = Account(), Instrument = listed.Number, Counterparty = accounts.Of(line.Text(Field.Counterparty)), Side = line.Word(Field.Side) == 0 ? Side.Buy : Side.Sell,
            Ticks = ticks, Lots = lots, ClientHigh = (ulong)(asked >> 64), ClientLow = (ulong)(asked & ulong.MaxValue),
        });
    }

    /// <summary>Accept or Decline: the proposal is found by its id among those to the account; what the line says of it beside must be so.</summary>
    private void Answer(CommandKind kind)
    {
        var proposer = line.Has(Field.Counterparty) ? accounts.Of(line.Text(Field.Counterparty)) : 0;
        var proposal = orders.Proposal(Account(), Id(Field.Id), proposer);
        if (proposal is not null && line.Has(Field.Symbol) && symbols.Find(line.Text(Field.Symbol)) != proposal.Instrument) proposal = null;
        Do(new() { Kind = kind, Account = Account(), Order = proposal?.Number ?? 0, Instrument = proposal?.Instrument ?? 0 });
    }

    private void Proposed(in Output output)
    {
        orders.Opened(new()
        {
            Number = output.Order, Account = output.Account, Instrument = output.Instrument, Id = asked, Json = EventWriter.Quoted(line.Text(Field.Id)), Type = OrderType.Limit, Lots = output.Lots,
            Counterparty = output.Counterparty,
        });
        events.Begin(seq, "accepted"u8).Raw(",\"id\":"u8);
        Given(Field.Id);
        events.Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument)).Raw(",\"account\":"u8).Raw(Who(output.Account)).End();
    }

    private void Uncrossed(in Output output)
    {
        var unit = listings[output.Instrument]!.Unit;
        events.Begin(seq, "uncross"u8).Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument)).Raw(",\"price\":"u8);
        Priced(output.Priced != 0 ? unit.Price(output.Ticks) : null);
        events.Raw(",\"qty\":"u8).Decimal(unit.Quantity(output.Lots)).Raw(",\"surplus\":"u8).Decimal(unit.Quantity(output.Left)).Raw(",\"surplus_side\":"u8).Raw(SideWord(output.Side)).End();
    }

    private void Priced(decimal? price)
    {
        if (price is { } said) events.Decimal(said);
        else events.Raw("null"u8);
    }

    private static ReadOnlySpan<byte> SideWord(Side side) => side switch { Side.Buy => "\"buy\""u8, Side.Sell => "\"sell\""u8, _ => "\"none\""u8 };

    private void Extended(in Output output) =>
        events.Begin(seq, "extended"u8).Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument)).Raw(",\"until\":\""u8).Raw(IsoInstant.Of(output.UntilMicros)).Raw("\""u8).End();

    /// <summary>The winners stand in the trades that follow.</summary>
    private void SaleClosed(in Output output)
    {
        var unit = listings[output.Instrument]!.Unit;
        events.Begin(seq, "auction"u8).Raw(",\"symbol\":"u8).Raw(symbols.Json(output.Instrument)).Raw(",\"price\":"u8);
        Priced(output.Priced != 0 ? unit.Price(output.Ticks) : null);
        events.Raw(",\"qty\":"u8).Decimal(unit.Quantity(output.Lots)).Raw(",\"bids\":"u8).Whole(output.Bids).Raw(",\"winners\":"u8);
        var begin = "["u8;
        foreach (ref readonly var trade in outputs.Written)
        {
            if (trade.Kind != OutputKind.Trade || trade.SellOrder != output.Order) continue;
            events.Raw(begin).Raw("["u8).Raw(orders[trade.BuyOrder].Json).Raw(","u8).Raw(Who(trade.Buyer)).Raw(","u8).Decimal(unit.Quantity(trade.Lots)).Raw("]"u8);
            begin = ","u8;
        }

        events.Raw(begin is [(byte)'['] ? "[]"u8 : "]"u8);
        if (output.Seeded != 0) events.Raw(",\"seed\":"u8).Whole(output.Seed);
        events.End();
    }

    /// <summary>What a sale without a seller sells is nobody's.</summary>
    private ReadOnlySpan<byte> Who(int account) => account == 0 ? "null"u8 : accounts.Json(account);
}

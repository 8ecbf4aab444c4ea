using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>One step of a random flow. Its numbers become a command only beside a market, so that most steps meet an order or trade that is there.</summary>
internal sealed record Move(int What, int Who, int Which, int Price, int Lots, int Extra, int More);

/// <summary>Turns moves into commands. Few accounts, prices and ids on purpose: collisions are where books break.</summary>
internal sealed partial class Flow(PlainMarket plain, bool extreme)
{
    public const int Accounts = 4;
    public const int Instruments = 12;
    private const long Second = 1_000_000;
    private static readonly long[] Ends = [0, 1, 2, 3, 7, -1, 1L << 31, 1L << 61, (1L << 62) + 1, long.MaxValue - 1, long.MaxValue, long.MinValue, 1_000_000_000_000_000_000, 999_999_999, 5, 4];
    private static readonly long[] Near = [4, 3, 5, 4, 3, 5, 2, 6, 4, 3, 5, 4, 7, 1, 0, 8];
    private static readonly int[] Rates = [0, 12_345, 600_000, 1_000_000, 300_001, 1, 1_000_001];
    private readonly List<Output> trades = [];
    private long now = Ask.Morning;
    private int moves;
    private int focus;

    /// <summary>The last one is there only where numbers end.</summary>
    private int Listed => extreme ? Instruments : Instruments - 1;

    /// <summary>
    /// A final instrument, a conditional one, one whose prices may be negative and one without risk, with amounts and fees that never divide evenly;
    /// then one of every other mode; some money and rights to begin with.
    /// </summary>
    public IEnumerable<Command> Opening()
    {
        yield return Ask.List(1, 7, 3, 12_345, upper: extreme ? long.MaxValue : 7, reference: extreme ? 0 : 4);
        yield return extreme
            ? Ask.List(2, 1, long.MaxValue, 1_000_000, CommandFlags.Conditional)
            : Ask.List(2, 2, 7, 600_000, CommandFlags.Conditional | CommandFlags.PermitNeeded, upper: 7);
        yield return Ask.List(3, 3, 2, flags: CommandFlags.Negative, lower: extreme ? -long.MaxValue : -5, upper: extreme ? long.MaxValue : 4);
        yield return Ask.List(4, 7, 3, 12_345, CommandFlags.RiskOff, upper: extreme ? long.MaxValue : 7);
        foreach (var listing in OtherModes()) yield return listing;
        if (extreme) yield return Ask.List(Instruments, long.MaxValue, 2, 1);
        yield return Ask.StartDay(Ask.Morning + Ask.Day);
        for (var account = 1; account <= Accounts; account++)
        {
            for (var asset = 0; asset < Instruments; asset++)
            {
                if (asset is not (4 or Sealed2)) yield return Ask.Deposit(account, asset, asset == 0 ? extreme ? long.MaxValue / 5 : 240 : extreme ? long.MaxValue / 6 : 12);
            }

            if (account < Accounts) yield return Ask.Permit(account, 2, CommandFlags.MayBuy | CommandFlags.MaySell);
        }
    }

    /// <summary>What the market said: trades can be taken back.</summary>
    public void Sees(IEnumerable<Output> outputs) => trades.AddRange(outputs.Where(o => o is { Kind: OutputKind.Trade, Pending: 0 }));

    public Command Of(Move move)
    {
        now += Second;
        if (moves++ % 50 == 0) focus = Often[(move.Which + move.Who) % Often.Length];
        var command = Made(move);
        command.AtMicros = now;
        return command;
    }

    private Command Made(Move move)
    {
        // Much comes to one instrument for a while, so that books and calls fill.
        var (account, instrument) = ((move.Who % Accounts) + 1, (move.Price + move.Who) % 3 > 0 ? focus : Often[move.Which % Often.Length]);
        if (extreme && move.Which % 11 == 0) instrument = Instruments;
        var (ticks, lots) = (Ticks(move.Price, instrument), extreme ? Ends[move.Lots % 16] : move.Lots % 25 == 0 ? 0 : 1 + (move.Lots % 6));
        var amount = extreme ? Ends[move.Lots % 16] : move.Lots;
        var asset = move.Extra % (Listed + 1);
        switch (move.What)
        {
            case < 56:
                if (Gathers(instrument) && instrument > Paired && (move.Lots + move.Who) % 4 > 0) return Named(Bidding(move, instrument, account, lots), move);
                if (instrument == Taken && (move.Lots + move.Who) % 2 > 0) return Named(Offering(move, account, ticks, lots), move);
                var until = (TimeInForce)(move.Extra % 16 is var t and < 4 ? t : move.Extra % 2 * 3);
                var place = move.Extra % 7 < 3 ? Ask.Buy(account, instrument, ticks, lots, until) : Ask.Sell(account, instrument, ticks, lots, until);
                return Named(Adorned(place, move), move);
            case < 60:
                var market = Ask.AtMarket(account, instrument, move.Extra % 2 == 0 ? Side.Buy : Side.Sell, lots, (TimeInForce)(move.Extra / 2 % 4));
                if (plain.PhaseOf(instrument) == Phase.Call && move.Extra % 9 > 0) market.TimeInForce = (TimeInForce)(move.Extra / 2 % 2 * 3);
                return Named(market with { Ticks = move.Price % 20 == 0 ? 3 : 0, MinLots = move.More % 9 == 0 ? 2 : 0, SelfTrade = (SelfTrade)(move.More % 17 % 6) }, move);
            case < 67:
                if (move.Extra % 5 == 0) return Ask.CancelById(account, (ulong)(move.Which % 6) + 1);
                return Order(move) is { } dies ? Ask.Cancel(Owner(move, dies), dies.Number) : Ask.Cancel(move.Extra % 24 == 0 ? 0 : account, move.Which);
            case < 69:
                return move.Extra % 3 == 0 ? Ask.Disconnect(account) : Ask.CancelAll(account, move.Extra % 4, (Side)(move.Which % 4));
            case < 82:
                return Replacing(move, account, ticks, lots);
            case < 87:
                return Ask.Deposit(account, asset, amount, move.Which);
            case < 89:
                return Ask.Withdraw(account, asset, amount, move.Which);
            case < 91:
                return Ask.Seize(account, asset, amount, move.Which % 3);
            case < 93:
                var claim = plain.Claims.Count > 0 ? plain.Claims[move.Which % plain.Claims.Count] : null;
                return claim is null ? Ask.Lift(account, asset, move.Which) : Ask.Lift(claim.Account, claim.Asset, claim.Reference);
            case < 98:
                var trade = plain.Pending.Count > 0 && move.Extra % 10 > 0 ? plain.Pending[move.Which % plain.Pending.Count].No : move.Which;
                return move.Extra % 3 == 0 ? Ask.Unwind(trade, move.Lots % 3 == 0 ? lots : 1) : Ask.Settle(trade, move.Lots % 3 == 0 ? lots : 1);
            case < 99:
                return Ask.Permit(account, instrument, (CommandFlags)(Math.Min(move.Extra % 8, 3) * 4), move.Lots % 4 == 0 ? 0 : amount);
            case < 100:
                return Ask.Block(account, move.Extra % 3 == 0);
            case < 103:
                return move.Extra % 3 == 0 ? Ask.SetPhase(instrument, (Phase)(move.Price % 7)) : Ask.SetPhase(instrument, Gathers(instrument) ? Phase.Call : Phase.Continuous);
            case < 104:
                return Limits(move, instrument);
            case < 107:
                now = move.Extra % 3 > 0 ? now + (move.Lots * Second / 4) : Math.Max(now, Ask.Morning + (((now - Ask.Morning) / Ask.Day + (move.Price % 4)) * Ask.Day));
                return Ask.Advance(now);
            case < 110:
                return Terms(move, instrument);
            case < 112:
                return Ask.Group(account, move.Extra % 16 == 0 ? -1 : move.Extra % 3);
            case < 114:
                return Ask.Arm(account, extreme ? amount : move.Extra % 4 == 0 ? 0 : now + ((move.Lots - 2) * Second / 2) + (move.Extra % 16 == 1 ? Ask.Day : 0));
            case < 117:
                return Bust(move);
            case < 118:
                return Ask.StartDay(extreme ? amount : now + ((move.Extra - 9) * Second * 20), extreme ? ticks : move.Price % 9 == 0 ? Second * 30 : Ask.Day);
            case >= 120:
                return InOtherModes(move, account, instrument, ticks, lots);
            default:
                if (move.Extra > 23 && move.Extra % 2 > 0) return Ask.Fee(instrument, extreme ? unchecked((int)Ends[move.Price % 16]) : Rates[move.Price % Rates.Length]);
                return move.Extra % 4 == 0 ? Ask.List(move.Price % 3 == 0 ? instrument : 19, ticks, lots, flags: (CommandFlags)(move.More & 255)) with { Mode = (Mode)(move.Who % 9), Phase = (Phase)(move.Price % 7) } : Ask.Of((CommandKind)move.Extra, account, instrument);
        }
    }

    private long Ticks(int pick, int instrument) => extreme ? Ends[pick % 16] : Near[pick % 16] - (instrument == 3 ? 4 : 0);

    private long Few(int pick) => extreme && pick % 3 > 0 ? Ends[pick % 16] : 1 + (pick % 3);

    private long Soon(int pick) => extreme && pick % 3 == 0 ? Ends[pick % 16] : now + ((pick % 13 - 1) * Second) + (pick % 11 == 0 ? Ask.Day * (1 + (pick % 3)) : 0);

    /// <summary>The terms that only some orders carry; now and then such as do not go with the rest.</summary>
    private Command Adorned(Command place, Move move)
    {
        var pick = move.More / 20;
        return (move.More % 20) switch
        {
            0 or 1 => place with { Display = Few(pick), Lots = extreme ? place.Lots : place.Lots + 2 },
            2 or 3 => place with { MinLots = Few(pick) },
            4 or 5 => place with { MinLots = place.Lots },
            6 => place with { Flags = CommandFlags.PostOnly },
            7 or 8 => place with { TimeInForce = TimeInForce.Gtd, UntilMicros = Soon(pick), Display = pick % 5 == 0 ? 1 : 0 },
            9 => place with { SelfTrade = (SelfTrade)(pick % 7) },
            10 or 11 => place with { Type = OrderType.Stop, Ticks = pick % 16 == 0 ? 1 : 0, StopTicks = Ticks(pick, place.Instrument) },
            12 or 13 => place with { Type = OrderType.StopLimit, StopTicks = Ticks(pick, place.Instrument), Display = pick % 7 == 0 ? 1 : 0, MinLots = pick % 7 == 1 ? 2 : 0 },
            14 => place with { TimeInForce = (TimeInForce)(pick % 6), UntilMicros = pick % 3 == 0 ? Soon(pick / 3) : 0, StopTicks = pick % 5 == 0 ? 3 : 0 },
            15 => place with { Flags = CommandFlags.PostOnly, Type = (OrderType)(pick % 5), Display = pick / 5 % 3, MinLots = pick / 15 % 4 },
            _ => place,
        };
    }

    private Command Replacing(Move move, int account, long ticks, long lots)
    {
        if (Order(move) is not { } order) return Ask.Replace(account, move.Which, ticks, lots);
        if (!extreme && order.Instrument.Number == 3) ticks = Ticks(move.Price, 3);
        var pick = move.More / 10;
        var replace = Ask.Replace(Owner(move, order), order.Number, move.Extra % 3 == 0 || order.AtMarket ? order.Price : ticks, lots);
        replace = (move.More % 10) switch
        {
            0 => replace with { Changes = Changes.Lots },
            1 => replace with { Changes = Changes.Price },
            2 => replace with { Changes = Changes.Display | (Changes)(pick % 4), Display = unchecked(Few(pick) - 1) },
            3 => replace with { Changes = Changes.Until | (Changes)(pick % 4), UntilMicros = Soon(pick) },
            4 => replace with { Changes = Changes.Stop | (Changes)(pick % 4), StopTicks = Ticks(pick, order.Instrument.Number) },
            5 => replace with { Changes = (Changes)(pick % 32), Display = 2, StopTicks = 3, UntilMicros = Soon(pick) },
            _ => replace,
        };
        return move.Who % 7 == 0 ? replace with { ClientHigh = (ulong)(move.Which % 7) + 1, ClientLow = ~((ulong)(move.Which % 7) + 1) } : replace;
    }

    private Command Terms(Move move, int instrument)
    {
        var (terms, pick) = (Ask.Terms(instrument), move.More);
        if (extreme)
        {
            return terms with
            {
                LotsLeast = pick % 3 == 0 ? Ends[move.Lots % 16] : 0, LotsMost = pick % 4 == 0 ? Ends[move.Price % 16] : 0, ValueMost = pick % 5 == 0 ? Ends[move.Which % 16] : 0,
                HaltMicros = pick % 7 < 3 ? Ends[move.Who % 16] : Second, VolatilityMillionths = pick % 3 == 0 ? unchecked((int)Ends[move.Extra % 16]) : 0,
                TPlus = (byte)(pick % 11 == 0 ? 255 : 0), Levels = (byte)(pick % 13 == 0 ? 255 : 0), SelfTrade = (SelfTrade)(move.Extra % 7), UntilMicros = pick % 17 == 0 ? Ends[move.Price % 16] : 0,
                Priority = (Priority)(pick / 3 % 2), PriceRule = (PriceRule)(pick / 5 % 2), MarketRemainder = (MarketRemainder)(pick / 7 % 2), NegotiatedMost = pick % 19 == 0 ? Ends[move.Price % 16] : 0,
            };
        }

        return terms with
        {
            LotsLeast = pick % 7 == 0 ? 2 : 0, LotsMost = pick / 7 % 5 == 0 ? 4 : 0, ValueMost = pick / 35 % 4 == 0 ? 40 : 0, HaltMicros = move.Price % 3 == 0 ? 0 : 6 * Second,
            VolatilityMillionths = move.Extra % 4 == 0 ? 260_000 : move.Extra % 16 == 1 ? -1 : 0, TPlus = (byte)(move.Lots % 3), Levels = (byte)(move.Who % 4 % 3), SelfTrade = (SelfTrade)(move.Extra % 7),
            UntilMicros = pick % 6 == 1 ? Soon(pick) : 0,
            Priority = (Priority)(pick % 97 == 0 ? 2 : pick / 3 % 2), PriceRule = (PriceRule)(pick % 101 == 0 ? 2 : pick / 5 % 3 / 2), MarketRemainder = (MarketRemainder)(pick % 103 == 0 ? 2 : pick / 11 % 2),
            NegotiatedLeast = pick / 13 % 5 == 0 ? 2 : 0, NegotiatedMost = pick / 17 % 4 == 0 ? 4 : pick % 89 == 0 ? -1 : 0,
        };
    }

    private Command Limits(Move move, int instrument)
    {
        var reference = move.Extra % 5;
        if (move.More % 2 == 0 && plain.Instrument(instrument) is { } listed)
            return Ask.Limits(instrument, listed.Lower, listed.Upper) with { ReferenceTicks = (move.Extra % 9) - (instrument == 3 ? 4 : 0), NegotiatedLower = move.More / 2 % 5, NegotiatedUpper = move.More / 10 % 7 };
        if (instrument == 3 && !extreme) return Ask.Limits(3, move.Extra % 4 == 0 ? long.MinValue : -5, move.Price % 5) with { ReferenceTicks = reference };
        var limits = extreme || move.Extra % 4 > 0 ? Ask.Limits(instrument, 1, extreme || move.Extra % 4 == 1 ? long.MaxValue : 7) : Ask.Limits(instrument, move.Price % 4, 6);
        return limits with { ReferenceTicks = reference };
    }

    private Command Bust(Move move)
    {
        if (trades.Count == 0) return Ask.Of(CommandKind.BustTrade, (move.Who % Accounts) + 1, 1) with { Trade = move.Which };
        var bust = Ask.Bust(trades[move.Which % trades.Count]);
        return (move.Extra % 16) switch
        {
            0 => bust with { TradeAmount = extreme ? Ends[move.Price % 16] : -1 },
            1 => bust with { Lots = extreme ? Ends[move.Lots % 16] : 0 },
            2 => bust with { Trade = Ends[move.Price % 16], Instrument = (move.More % 6) },
            3 => bust with { BuyFee = Ends[move.Price % 16], SellFee = Ends[move.Lots % 16] },
            4 => bust with { Seller = move.More % 6 },
            _ => bust,
        };
    }

    private static Command Named(Command place, Move move)
    {
        if (move.Who % 5 > 0) return place;
        var id = (ulong)(move.Which % 6) + 1;
        // An id that says what it asks for is asked again with the same content.
        if (id % 2 == 0) place = Ask.Buy(place.Account, 1, 3, 1, (TimeInForce)(id % 4));
        return place with { ClientHigh = id, ClientLow = ~id };
    }

    private PlainOrder? Order(Move move) => plain.Open.Count > 0 && move.Extra % 12 > 0 ? plain.Open[move.Which % plain.Open.Count] : null;

    private static int Owner(Move move, PlainOrder order) => move.Extra % 13 == 0 ? (move.Who % Accounts) + 1 : order.Account;
}

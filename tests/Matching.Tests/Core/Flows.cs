using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>One step of a random flow. Its numbers become a command only beside a market, so that most steps meet an order or trade that is there.</summary>
internal sealed record Move(int What, int Who, int Which, int Price, int Lots, int Extra);

/// <summary>Turns moves into commands. Few accounts, prices and ids on purpose: collisions are where books break.</summary>
internal sealed class Flow(PlainMarket plain, bool extreme)
{
    private const int Accounts = 3;
    private static readonly long[] Ends = [0, 1, 2, 3, 7, -1, 1L << 31, 1L << 61, (1L << 62) + 1, long.MaxValue - 1, long.MaxValue, long.MinValue, 1_000_000_000_000_000_000, 999_999_999, 5, 4];
    private static readonly long[] Near = [4, 3, 5, 4, 3, 5, 2, 6, 4, 3, 5, 4, 7, 1, 0, 8];
    private long now = Ask.Morning;

    /// <summary>A final instrument and a conditional one, both with amounts and fees that never divide evenly; some money and rights to begin with.</summary>
    public IEnumerable<Command> Opening()
    {
        yield return Ask.List(1, 7, 3, 12_345, upper: extreme ? long.MaxValue : 7);
        yield return extreme
            ? Ask.List(2, 1, long.MaxValue, 1_000_000, CommandFlags.Conditional)
            : Ask.List(2, 2, 7, 600_000, CommandFlags.Conditional | CommandFlags.PermitNeeded, upper: 7);
        if (extreme) yield return Ask.List(3, long.MaxValue, 2, 1);
        yield return Ask.StartDay(Ask.Morning + Ask.Day);
        for (var account = 1; account <= Accounts; account++)
        {
            for (var asset = 0; asset <= 2; asset++) yield return Ask.Deposit(account, asset, asset == 0 ? extreme ? long.MaxValue / 4 : 150 : extreme ? long.MaxValue / 5 : 12);
            if (account < Accounts) yield return Ask.Permit(account, 2, CommandFlags.MayBuy | CommandFlags.MaySell);
        }
    }

    public Command Of(Move move)
    {
        now += 1_000_000;
        var command = Made(move);
        command.AtMicros = now;
        return command;
    }

    private Command Made(Move move)
    {
        var (account, instrument) = ((move.Who % Accounts) + 1, (move.Which % (extreme ? 3 : 2)) + 1);
        var (ticks, lots) = extreme ? (Ends[move.Price % 16], Ends[move.Lots % 16]) : (Near[move.Price % 16], move.Lots % 25 == 0 ? 0 : 1 + (move.Lots % 6));
        var amount = extreme ? Ends[move.Lots % 16] : move.Lots;
        var asset = move.Extra % (extreme ? 4 : 3);
        switch (move.What)
        {
            case < 48:
                var until = (TimeInForce)(move.Extra % 16 is var t and < 4 ? t : move.Extra % 2 * 3);
                var place = move.Extra % 7 < 3 ? Ask.Buy(account, instrument, ticks, lots, until) : Ask.Sell(account, instrument, ticks, lots, until);
                return Named(place, move);
            case < 54:
                var market = Ask.AtMarket(account, instrument, move.Extra % 2 == 0 ? Side.Buy : Side.Sell, lots, (TimeInForce)(move.Extra / 2 % 4));
                return Named(market with { Ticks = move.Price % 20 == 0 ? 3 : 0 }, move);
            case < 61:
                if (move.Extra % 5 == 0) return Ask.CancelById(account, (ulong)(move.Which % 6) + 1);
                return Order(move) is { } dies ? Ask.Cancel(Owner(move, dies), dies.Number) : Ask.Cancel(account, move.Which);
            case < 63:
                return Ask.CancelAll(account, move.Extra % 4, (Side)(move.Which % 4));
            case < 75:
                return Order(move) is { } changes
                    ? Ask.Replace(Owner(move, changes), changes.Number, move.Extra % 3 == 0 ? changes.Ticks : ticks, lots)
                    : Ask.Replace(account, move.Which, ticks, lots);
            case < 80:
                return Ask.Deposit(account, asset, amount, move.Which);
            case < 83:
                return Ask.Withdraw(account, asset, amount, move.Which);
            case < 86:
                return Ask.Seize(account, asset, amount, move.Which % 3);
            case < 88:
                var claim = plain.Claims.Count > 0 ? plain.Claims[move.Which % plain.Claims.Count] : null;
                return claim is null ? Ask.Lift(account, asset, move.Which) : Ask.Lift(claim.Account, claim.Asset, claim.Reference);
            case < 94:
                var trade = plain.Pending.Count > 0 && move.Extra % 10 > 0 ? plain.Pending[move.Which % plain.Pending.Count].No : move.Which;
                return move.Extra % 3 == 0 ? Ask.Unwind(trade, move.Lots % 3 == 0 ? lots : 1) : Ask.Settle(trade, move.Lots % 3 == 0 ? lots : 1);
            case < 95:
                return Ask.Permit(account, instrument, (CommandFlags)(Math.Min(move.Extra % 8, 3) * 4), move.Lots % 4 == 0 ? 0 : amount);
            case < 96:
                return Ask.Block(account, move.Extra % 3 == 0);
            case < 97:
                return move.Extra % 2 == 0 ? Ask.SetPhase(instrument, (Phase)(move.Price % 5)) : Ask.SetPhase(instrument, Phase.Continuous);
            case < 98:
                return extreme || move.Extra % 4 > 0 ? Ask.Limits(instrument, 1, extreme ? long.MaxValue : 7) : Ask.Limits(instrument, move.Price % 4, 6);
            case < 99:
                now = Math.Max(now, Ask.Morning + (((now - Ask.Morning) / Ask.Day + (move.Extra % 3)) * Ask.Day));
                return Ask.Advance(now);
            default:
                return move.Extra % 4 == 0 ? Ask.List(instrument, ticks, lots) : Ask.Of((CommandKind)move.Extra, account, instrument);
        }
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

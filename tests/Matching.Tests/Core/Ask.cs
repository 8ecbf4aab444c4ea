using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>Commands as a test says them. Times are fixed; a test that needs another one says so.</summary>
internal static class Ask
{
    /// <summary>2026-03-02 01:30 UTC, a Monday morning in Nanjing.</summary>
    public const long Morning = 1_772_415_000_000_000;
    public const long Hour = 3_600_000_000;
    public const long Day = 24 * Hour;
    public const int Money = 0;

    public static Command Of(CommandKind kind, int account = 0, int instrument = 0, long at = Morning) =>
        new() { Kind = kind, Version = Command.CurrentVersion, Account = account, Instrument = instrument, AtMicros = at };

    public static Command List(int instrument, long num = 1, long den = 1, int fee = 0, CommandFlags flags = CommandFlags.None, long lower = 1, long upper = long.MaxValue, long reference = 0) =>
        Of(CommandKind.ListInstrument, 0, instrument) with
        {
            Num = num, Den = den, FeeMillionths = fee, Flags = flags, LowerTicks = lower, UpperTicks = upper, ReferenceTicks = reference,
        };

    /// <summary>Say with `with` which terms; the others are none.</summary>
    public static Command Terms(int instrument) => Of(CommandKind.SetTerms, 0, instrument);

    public static Command Limits(int instrument, long lower, long upper) =>
        Of(CommandKind.SetLimits, 0, instrument) with { LowerTicks = lower, UpperTicks = upper };

    public static Command Fee(int instrument, int millionths) => Of(CommandKind.SetFee, 0, instrument) with { FeeMillionths = millionths };

    public static Command Permit(int account, int instrument, CommandFlags may, long limit = 0) =>
        Of(CommandKind.Permit, account, instrument) with { Flags = may, Amount = limit };

    public static Command Block(int account, bool blocked = true) =>
        Of(CommandKind.BlockAccount, account) with { Flags = blocked ? CommandFlags.Blocked : CommandFlags.None };

    public static Command Group(int account, long group) => Of(CommandKind.GroupAccount, account) with { Reference = group };

    public static Command Arm(int account, long until, long at = Morning) => Of(CommandKind.ArmTimer, account, at: at) with { UntilMicros = until };

    public static Command Deposit(int account, int asset, long amount, long reference = 0) => Moving(CommandKind.Deposit, account, asset, amount, reference);

    public static Command Withdraw(int account, int asset, long amount, long reference = 0) => Moving(CommandKind.Withdraw, account, asset, amount, reference);

    public static Command Seize(int account, int asset, long amount, long reference) => Moving(CommandKind.Seize, account, asset, amount, reference);

    public static Command Lift(int account, int asset, long reference) => Moving(CommandKind.LiftSeizure, account, asset, 0, reference);

    public static Command Buy(int account, int instrument, long ticks, long lots, TimeInForce until = TimeInForce.Day, ulong id = 0) =>
        Order(account, instrument, Side.Buy, ticks, lots, until, id);

    public static Command Sell(int account, int instrument, long ticks, long lots, TimeInForce until = TimeInForce.Day, ulong id = 0) =>
        Order(account, instrument, Side.Sell, ticks, lots, until, id);

    public static Command AtMarket(int account, int instrument, Side side, long lots, TimeInForce until = TimeInForce.Ioc) =>
        Order(account, instrument, side, 0, lots, until, 0) with { Type = OrderType.Market };

    public static Command Stop(int account, int instrument, Side side, long stop, long lots, TimeInForce until = TimeInForce.Day) =>
        Order(account, instrument, side, 0, lots, until, 0) with { Type = OrderType.Stop, StopTicks = stop };

    public static Command StopLimit(int account, int instrument, Side side, long stop, long ticks, long lots, TimeInForce until = TimeInForce.Day) =>
        Order(account, instrument, side, ticks, lots, until, 0) with { Type = OrderType.StopLimit, StopTicks = stop };

    public static Command Cancel(int account, long order) => Of(CommandKind.Cancel, account) with { Order = order };

    public static Command CancelById(int account, ulong id) => Of(CommandKind.Cancel, account) with { ClientHigh = id, ClientLow = ~id };

    public static Command CancelAll(int account, int instrument = 0, Side side = Side.None) => Of(CommandKind.CancelAll, account, instrument) with { Side = side };

    public static Command Disconnect(int account) => Of(CommandKind.Disconnect, account);

    public static Command Replace(int account, long order, long ticks, long lots) =>
        Of(CommandKind.Replace, account) with { Order = order, Changes = Changes.Price | Changes.Lots, Ticks = ticks, Lots = lots };

    public static Command SetPhase(int instrument, Phase phase) => Of(CommandKind.SetPhase, 0, instrument) with { Phase = phase };

    /// <summary>The call uncrosses by itself at that instant.</summary>
    public static Command CallUntil(int instrument, long until) => SetPhase(instrument, Phase.Call) with { UntilMicros = until };

    /// <summary>Of a Buy or Sell: it stands and takes nothing.</summary>
    public static Command Listing(Command place) => place with { Listing = 1 };

    public static Command Take(int account, int instrument, long listing, long lots) => Of(CommandKind.Take, account, instrument) with { Order = listing, Lots = lots };

    /// <summary>Say with `with` how it is shared and when it ends.</summary>
    public static Command OpenSale(int account, int instrument, long reserve, long supply) => Of(CommandKind.OpenSale, account, instrument) with { Ticks = reserve, Lots = supply };

    public static Command Propose(int account, int counterparty, int instrument, Side side, long ticks, long lots) =>
        Of(CommandKind.Propose, account, instrument) with { Counterparty = counterparty, Side = side, Ticks = ticks, Lots = lots };

    public static Command Accept(int account, long proposal) => Of(CommandKind.Accept, account) with { Order = proposal };

    public static Command Decline(int account, long proposal) => Of(CommandKind.Decline, account) with { Order = proposal };

    public static Command StartDay(long ends, long length = Day, long at = Morning) => Of(CommandKind.StartDay, at: at) with { DayEndsMicros = ends, DayLengthMicros = length };

    public static Command Advance(long at) => Of(CommandKind.Advance, at: at);

    public static Command Settle(long trade, long lots) => Of(CommandKind.Settle) with { Trade = trade, Lots = lots };

    public static Command Unwind(long trade, long lots) => Of(CommandKind.Unwind) with { Trade = trade, Lots = lots };

    /// <summary>The trade as the market said it.</summary>
    public static Command Bust(in Output trade) => Of(CommandKind.BustTrade, trade.Buyer, trade.Instrument) with
    {
        Seller = trade.Seller, Trade = trade.TradeNo, Lots = trade.Lots, TradeAmount = trade.Amount, BuyFee = trade.BuyFee, SellFee = trade.SellFee,
    };

    private static Command Order(int account, int instrument, Side side, long ticks, long lots, TimeInForce until, ulong id) =>
        Of(CommandKind.Place, account, instrument) with { Side = side, Ticks = ticks, Lots = lots, TimeInForce = until, ClientHigh = id, ClientLow = id == 0 ? 0 : ~id };

    private static Command Moving(CommandKind kind, int account, int asset, long amount, long reference) =>
        Of(kind, account, asset) with { Amount = amount, Reference = reference };
}

using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Replay;

/// <summary>An instrument of the file: its number is its place in the list, from 1.</summary>
internal sealed record Listed(int Number, TradingUnit Unit, Mode Mode, bool Negative, bool RiskOff, bool HasFee, decimal? Band);

/// <summary>
/// Lines become commands, outputs become events. The market decides; what is refused here is only what no command can say: a price off the tick,
/// a zero that a command would read as nothing, a member that is missing for its type or does not go with the mode.
/// </summary>
internal sealed partial class Stage(EventWriter events)
{
    private static readonly MarketOptions Options = new(RemembersRefusals: false);

    private readonly Market market = new(Options);
    private readonly OutputBuffer outputs = new();
    private readonly Names accounts = new();
    private readonly Names symbols = new();
    private readonly Names groups = new();
    private readonly List<Listed?> listings = [null];
    private readonly OrderNames orders = new();
    /// <summary>Ids of open sales as they stand in JSON, by the numbers of their orders.</summary>
    private readonly Dictionary<long, byte[]> sales = [];
    /// <summary>Conditional trades with an open part: instrument, open lots.</summary>
    private readonly Dictionary<long, (int Instrument, long Lots)> pending = [];
    /// <summary>What ever moved: account and asset.</summary>
    private readonly HashSet<(int Account, int Asset)> touched = [];
    private Line line = new();
    private long seq;
    private long now;
    /// <summary>Digest of the id of the order that is asked for now.</summary>
    private UInt128 asked;

    public void Run(Line read, long number)
    {
        (line, seq) = (read, number);
        if (line.Has(Field.T))
        {
            now = line.Micros(Field.T);
            // What time did comes first, whatever the line asks.
            if (now >= market.NextDueMicros) Do(new() { Kind = CommandKind.Advance });
        }

        switch (line.Op)
        {
            case Op.Order: Order(); break;
            case Op.Cancel: Cancel(); break;
            case Op.Replace: Replace(); break;
            case Op.Instrument: List(); break;
            case Op.Account: Group(); break;
            case Op.Deposit: Move(CommandKind.Deposit); break;
            case Op.Withdraw: Move(CommandKind.Withdraw); break;
            case Op.CancelAll: CancelAll(); break;
            case Op.Phase: Turn(); break;
            case Op.Permit: Permit(); break;
            case Op.Settle: Conclude(CommandKind.Settle); break;
            case Op.Unwind: Conclude(CommandKind.Unwind); break;
            case Op.Book: Book(); break;
            case Op.Balances: Balances(); break;
            case Op.Take: Take(); break;
            case Op.Auction: OpenSale(); break;
            case Op.Propose: Propose(); break;
            case Op.Accept: Answer(CommandKind.Accept); break;
            case Op.Decline: Answer(CommandKind.Decline); break;
            default: throw new InvalidOperationException($"nothing carries out {line.Op}");
        }
    }

    /// <summary>Applies the command and writes what came of it.</summary>
    private void Do(Command command)
    {
        Apply(command);
        foreach (ref readonly var output in outputs.Written) Tell(in output);
    }

    private void Apply(Command command)
    {
        command.Version = Command.CurrentVersion;
        command.AtMicros = now;
        outputs.Clear();
        market.Apply(in command, outputs);
    }

    /// <summary>The line's instrument; null: there is none, and it was said.</summary>
    private Listed? Known()
    {
        if (listings[symbols.Find(line.Text(Field.Symbol))] is { } listed) return listed;
        No("UNKNOWN_SYMBOL");
        return null;
    }

    private int Account() => line.Has(Field.Account) ? accounts.Of(line.Text(Field.Account)) : 0;

    private UInt128 Id(Field field)
    {
        var (high, low) = ClientOrderId.Digest(line.Text(field));
        return new(high, low);
    }

    /// <summary>0 where the member is left out. False: no whole number of steps, and it was said.</summary>
    private bool Steps(Field field, Func<decimal, long?> unit, out long steps)
    {
        steps = 0;
        if (!line.Has(field)) return true;
        var number = line.Number(field);
        if (number.Fits && unit(number.Value) is { } whole)
        {
            steps = whole;
            return true;
        }

        var large = number.Fits ? decimal.Abs(number.Value) > long.MaxValue : number.Large;
        No(large ? "OUT_OF_RANGE" : "TOO_MANY_DECIMALS");
        return false;
    }

    private void Group()
    {
        var group = line.Has(Field.Group) ? groups.Of(line.Text(Field.Group)) : 0;
        Do(new() { Kind = CommandKind.GroupAccount, Account = Account(), Reference = group });
    }

    private void Move(CommandKind kind)
    {
        var asset = line.Text(Field.Asset);
        var money = asset.SequenceEqual("CNY"u8);
        var listed = money ? null : listings[symbols.Find(asset)];
        if (listed is null && !money) No("UNKNOWN_SYMBOL");
        else if (Steps(Field.Amount, money ? TradingUnit.Fen : listed!.Unit.Lots, out var amount))
            Do(new() { Kind = kind, Account = Account(), Instrument = listed?.Number ?? 0, Amount = amount });
    }

    private void Permit()
    {
        if (Known() is not { } listed || !Steps(Field.Limit, listed.Unit.Lots, out var limit)) return;
        // To the market no limit is 0.
        if (line.Has(Field.Limit) && limit == 0)
        {
            No("AMOUNT_NOT_POSITIVE");
            return;
        }

        var flags = (!line.Has(Field.Buy) || line.Flag(Field.Buy) ? CommandFlags.MayBuy : 0) | (!line.Has(Field.Sell) || line.Flag(Field.Sell) ? CommandFlags.MaySell : 0);
        Do(new() { Kind = CommandKind.Permit, Account = Account(), Instrument = listed.Number, Flags = flags, Amount = limit });
    }

    private void Conclude(CommandKind kind)
    {
        if (!pending.TryGetValue(line.Count(Field.N), out var trade)) No("UNKNOWN_TRADE");
        else if (Steps(Field.Qty, listings[trade.Instrument]!.Unit.Lots, out var lots))
            Do(new() { Kind = kind, Trade = line.Count(Field.N), Lots = lots });
    }
}

using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Bounds of what a market holds; beyond them commands are refused, never memory exhausted by one number.</summary>
/// <param name="InstrumentsMost">Highest instrument number that can be listed.</param>
public sealed record MarketOptions(int InstrumentsMost = 65_535);

/// <summary>
/// The market: all books, accounts and their risk behind one door. One thread, no clock, no chance: the same commands give the same outputs on
/// every machine. Every command is refused before its first change or carried out whole; no bytes make it throw.
/// </summary>
public sealed partial class Market(MarketOptions options)
{
    private readonly Accounts accounts = new();
    private readonly Orders orders = new();
    private readonly ClientIds clientIds = new();
    private readonly PendingTrades pending = new();
    private Instrument?[] instruments = new Instrument?[16];
    private long trades;
    private long dayEnds = long.MaxValue;
    private long dayLength;

    /// <summary>Commands applied: the sequence of the last one.</summary>
    public long Sequence { get; private set; }

    /// <summary>When the market next does something by itself, in Unix microseconds; <see cref="long.MaxValue"/>: never. Send an Advance then.</summary>
    public long NextDueMicros => dayEnds;

    /// <summary>Applies one command and appends what came of it. <see cref="Output.CommandIndex"/> is left 0.</summary>
    public void Apply(in Command command, OutputBuffer outputs)
    {
        Sequence++;
        if (command.Version != Command.CurrentVersion)
        {
            Refuse(in command, outputs, Refusal.UnknownCommand, Command.CurrentVersion, command.Version);
            return;
        }

        switch (command.Kind)
        {
            case CommandKind.ListInstrument: ListInstrument(in command, outputs); break;
            case CommandKind.SetLimits: SetLimits(in command, outputs); break;
            case CommandKind.Permit: Permit(in command, outputs); break;
            case CommandKind.BlockAccount: BlockAccount(in command, outputs); break;
            case CommandKind.Deposit: Deposit(in command, outputs); break;
            case CommandKind.Withdraw: Withdraw(in command, outputs); break;
            case CommandKind.Place: Place(in command, outputs); break;
            case CommandKind.Cancel: Cancel(in command, outputs); break;
            case CommandKind.CancelAll: CancelAll(in command, outputs); break;
            case CommandKind.Replace: Replace(in command, outputs); break;
            case CommandKind.SetPhase: SetPhase(in command, outputs); break;
            case CommandKind.StartDay: StartDay(in command, outputs); break;
            case CommandKind.Advance: Advance(in command, outputs); break;
            case CommandKind.Seize: Seize(in command, outputs); break;
            case CommandKind.LiftSeizure: LiftSeizure(in command, outputs); break;
            case CommandKind.Settle or CommandKind.Unwind: Conclude(in command, outputs); break;
            default: Refuse(in command, outputs, Refusal.UnknownCommand, 0, (long)command.Kind); break;
        }
    }

    /// <summary>What an account has of an asset: free, and locked behind orders and conditional trades.</summary>
    public (long Free, long Locked) Balance(int account, int asset)
    {
        var balance = asset >= 0 && accounts.Find(account) is { } found ? found.Read(asset) : default;
        return (balance.Free, balance.Locked + balance.Pending);
    }

    /// <summary>Levels of one side, best first, as (ticks, lots, orders).</summary>
    public IEnumerable<(long Ticks, long Lots, int Orders)> Depth(int instrument, Side side)
    {
        if (Find(instrument) is not { } listed) yield break;
        var book = listed.Of(side);
        for (var rank = 0; rank < book.Count; rank++)
        {
            var level = book.Ranked(rank);
            yield return (level.Ticks, level.Lots, level.Count);
        }
    }

    public Phase PhaseOf(int instrument) => Find(instrument)?.Phase ?? Phase.None;

    /// <summary>Price of the last trade in ticks; 0 = none.</summary>
    public long LastTicks(int instrument) => Find(instrument)?.LastTicks ?? 0;

    private Instrument? Find(int number) => number > 0 && number < instruments.Length ? instruments[number] : null;

    private static void Refuse(in Command command, OutputBuffer outputs, Refusal code, long needed = 0, long had = 0)
    {
        ref var refused = ref outputs.Next(OutputKind.Rejected, in command);
        refused.Code = code;
        refused.Account = command.Account;
        refused.Instrument = command.Instrument;
        refused.Side = command.Side;
        refused.Needed = needed;
        refused.Had = had;
        // Order, trade and reference lie over each other in the command; the output keeps the order's and the reference's places apart.
        switch (command.Kind)
        {
            case CommandKind.Deposit or CommandKind.Withdraw or CommandKind.Seize or CommandKind.LiftSeizure:
                refused.Reference = command.Reference;
                refused.Amount = command.Amount;
                break;
            case CommandKind.Cancel or CommandKind.Replace:
                refused.Order = command.Order;
                break;
            case CommandKind.Settle or CommandKind.Unwind:
                refused.TradeNo = command.Trade;
                refused.Lots = command.Lots;
                break;
        }
    }

    private void ListInstrument(in Command command, OutputBuffer outputs)
    {
        if (command.Instrument < 1 || command.Instrument > options.InstrumentsMost)
            Refuse(in command, outputs, Refusal.InstrumentTermsInvalid, options.InstrumentsMost, command.Instrument);
        else if (Find(command.Instrument) is not null)
            Refuse(in command, outputs, Refusal.InstrumentExists);
        else if (command.Num < 1 || command.Den < 1 || command.LowerTicks < 1 || command.UpperTicks < command.LowerTicks
                 || command.FeeMillionths is < 0 or > 1_000_000 || command.Phase > Phase.Close)
            Refuse(in command, outputs, Refusal.InstrumentTermsInvalid);
        else
        {
            if (command.Instrument >= instruments.Length) Array.Resize(ref instruments, Math.Max(command.Instrument + 1, instruments.Length * 2));
            var instrument = new Instrument(in command, orders);
            instruments[command.Instrument] = instrument;
            ref var listed = ref outputs.Next(OutputKind.Listed, in command);
            listed.Instrument = command.Instrument;
            listed.Flags = command.Flags;
            (listed.LowerTicks, listed.UpperTicks) = (command.LowerTicks, command.UpperTicks);
            PhaseChanged(instrument, in command, outputs);
        }
    }

    private void SetLimits(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.LowerTicks < 1 || command.UpperTicks < command.LowerTicks) Refuse(in command, outputs, Refusal.InstrumentTermsInvalid);
        else
        {
            (instrument.LowerTicks, instrument.UpperTicks) = (command.LowerTicks, command.UpperTicks);
            ref var set = ref outputs.Next(OutputKind.LimitsSet, in command);
            set.Instrument = command.Instrument;
            (set.LowerTicks, set.UpperTicks) = (command.LowerTicks, command.UpperTicks);
        }
    }

    private void Permit(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.Amount < 0) Refuse(in command, outputs, Refusal.AmountNotPositive, 0, command.Amount);
        else if (accounts.Open(command.Account) is not { } account) Refuse(in command, outputs, Refusal.UnknownAccount);
        else
        {
            ref var permission = ref account.Permission(instrument.Number);
            permission.Set = true;
            permission.MayBuy = (command.Flags & CommandFlags.MayBuy) == CommandFlags.MayBuy;
            permission.MaySell = (command.Flags & CommandFlags.MaySell) == CommandFlags.MaySell;
            permission.PositionLimit = command.Amount;
            ref var permitted = ref outputs.Next(OutputKind.Permitted, in command);
            permitted.Account = command.Account;
            permitted.Instrument = command.Instrument;
            permitted.Flags = command.Flags;
            permitted.Amount = command.Amount;
        }
    }

    private void BlockAccount(in Command command, OutputBuffer outputs)
    {
        if (accounts.Open(command.Account) is not { } account)
        {
            Refuse(in command, outputs, Refusal.UnknownAccount);
            return;
        }

        account.Blocked = (command.Flags & CommandFlags.Blocked) == CommandFlags.Blocked;
        ref var blocked = ref outputs.Next(OutputKind.AccountBlocked, in command);
        blocked.Account = command.Account;
        blocked.Flags = command.Flags;
        if (account.Blocked) CancelOrders(account, 0, Side.None, CancelReason.Blocked, in command, outputs);
    }

    private void SetPhase(in Command command, OutputBuffer outputs)
    {
        if (Find(command.Instrument) is not { } instrument) Refuse(in command, outputs, Refusal.UnknownInstrument);
        else if (command.Phase is Phase.None or > Phase.Close) Refuse(in command, outputs, Refusal.UnknownPhase, 0, (long)command.Phase);
        else
        {
            instrument.Phase = command.Phase;
            PhaseChanged(instrument, in command, outputs);
            if (command.Phase == Phase.Close) CancelDayOrders(command.Instrument, in command, outputs);
        }
    }

    private static void PhaseChanged(Instrument instrument, in Command command, OutputBuffer outputs)
    {
        ref var changed = ref outputs.Next(OutputKind.PhaseChanged, in command);
        changed.Instrument = instrument.Number;
        changed.Phase = instrument.Phase;
    }

    private void StartDay(in Command command, OutputBuffer outputs)
    {
        if (command.DayEndsMicros <= command.AtMicros || command.DayLengthMicros < 1)
        {
            Refuse(in command, outputs, Refusal.DayInvalid, command.AtMicros, command.DayEndsMicros);
            return;
        }

        (dayEnds, dayLength) = (command.DayEndsMicros, command.DayLengthMicros);
        DayStarted(in command, outputs);
    }

    private void DayStarted(in Command command, OutputBuffer outputs)
    {
        ref var started = ref outputs.Next(OutputKind.DayStarted, in command);
        (started.DayEndsMicros, started.DayLengthMicros) = (dayEnds, dayLength);
    }

    private void Advance(in Command command, OutputBuffer outputs)
    {
        if (dayLength == 0 || command.AtMicros < dayEnds) return;
        CancelDayOrders(0, in command, outputs);
        // A market that slept for days forgets as one that was awake, but walks at most two days to do so.
        var ended = ((Int128)command.AtMicros - dayEnds) / dayLength + 1;
        for (var day = 0; day < 2 && day < ended; day++) clientIds.DayEnded();
        var next = dayEnds + (ended * dayLength);
        dayEnds = next > long.MaxValue ? long.MaxValue : (long)next;
        DayStarted(in command, outputs);
    }

    private void CancelDayOrders(int instrument, in Command command, OutputBuffer outputs)
    {
        for (var slot = orders.First; slot >= 0;)
        {
            ref var order = ref orders[slot];
            var next = order.AllAfter;
            if (order.TimeInForce == TimeInForce.Day && (instrument == 0 || order.Instrument == instrument)) Withdraw(slot, CancelReason.Close, in command, outputs);
            slot = next;
        }
    }

    /// <summary>A digest of everything that decides what comes next; equal for equal markets.</summary>
    public ulong Fingerprint()
    {
        var mix = new Mix();
        foreach (var word in (ReadOnlySpan<long>)[Sequence, trades, dayEnds, dayLength]) mix.Add(word);
        clientIds.AddTo(ref mix);
        mix.Add(pending.Digest);
        foreach (var instrument in instruments)
        {
            if (instrument is null) continue;
            foreach (var word in (ReadOnlySpan<long>)[
                         instrument.Number, instrument.Num, instrument.Den, instrument.FeeMillionths, instrument.Conditional ? 1 : 0, instrument.PermitNeeded ? 1 : 0,
                         instrument.LowerTicks, instrument.UpperTicks, (long)instrument.Phase, instrument.LastTicks]) mix.Add(word);
            Add(ref mix, instrument.Bids);
            Add(ref mix, instrument.Asks);
        }

        for (var number = 1; number <= accounts.Highest; number++)
        {
            if (accounts.Find(number) is not { } account) continue;
            mix.Add((long)number);
            mix.Add(account.Blocked ? 1L : 0);
            for (var asset = 0; asset < accounts.Assets; asset++)
            {
                var balance = account.Read(asset);
                if ((balance.Free | balance.Locked | balance.Pending | balance.Coming) == 0) continue;
                foreach (var word in (ReadOnlySpan<long>)[asset, balance.Free, balance.Locked, balance.Pending, balance.Coming]) mix.Add(word);
            }

            for (var instrument = 1; instrument < account.Permissions; instrument++)
            {
                var permission = account.ReadPermission(instrument);
                if (!permission.Set) continue;
                foreach (var word in (ReadOnlySpan<long>)[instrument, permission.MayBuy ? 1 : 0, permission.MaySell ? 1 : 0, permission.PositionLimit]) mix.Add(word);
            }

            foreach (var claim in account.Claims)
            {
                foreach (var word in (ReadOnlySpan<long>)[claim.Reference, claim.Asset, claim.Left]) mix.Add(word);
            }
        }

        return mix.Value;
    }

    private void Add(ref Mix mix, OrderBook book)
    {
        for (var rank = 0; rank < book.Count; rank++)
        {
            for (var slot = book.Ranked(rank).First; slot >= 0; slot = orders[slot].After)
            {
                ref var order = ref orders[slot];
                foreach (var word in (ReadOnlySpan<long>)[
                             order.Number, order.Account, order.Ticks, order.Lots, order.Filled, order.Amount, order.Fee, order.Lock, (long)order.TimeInForce]) mix.Add(word);
                mix.Add((ulong)(order.TicksLots >> 64));
                mix.Add((ulong)(order.TicksLots & ulong.MaxValue));
                mix.Add(order.ClientHigh);
                mix.Add(order.ClientLow);
            }
        }
    }
}

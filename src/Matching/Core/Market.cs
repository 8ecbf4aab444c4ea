using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>Bounds of what a market holds; beyond them commands are refused, never memory exhausted by one number.</summary>
/// <param name="InstrumentsMost">Highest instrument number that can be listed.</param>
/// <param name="Room">Client order ids that fit before memory must grow; a market that knows its day is never stopped by growing in it.</param>
/// <param name="RemembersRefusals">A refusal is an answer too: asked again under the same client order id, it is the answer again.</param>
public sealed record MarketOptions(int InstrumentsMost = 65_535, bool RemembersRefusals = true, int Room = 1_024)
{
    /// <summary>What a server builds.</summary>
    public static readonly MarketOptions Served = new(Room: 1 << 20);
}

/// <summary>
/// The market: all books, accounts and their risk behind one door. One thread, no clock, no chance: the same commands give the same outputs on
/// every machine. Every command is refused before its first change or carried out whole; no bytes make it throw.
/// </summary>
public sealed partial class Market
{
    /// <summary>Commands ahead of the one that is applied, whose memory is fetched: what a number finds, then the order, then what that points at.</summary>
    private const int Far = 12;
    private const int Near = 7;
    private const int Close = 3;

    private readonly MarketOptions options;
    private readonly Accounts accounts = new();
    private readonly Orders orders;
    private readonly ClientIds clientIds;
    private readonly PendingTrades pending = new();
    private readonly DueList dues;
    private readonly SortedSet<long> busted = [];
    private Instrument?[] instruments = new Instrument?[16];
    private long trades;
    private long dayEnds = long.MaxValue;
    private long dayLength;
    /// <summary>What the last refusal compared.</summary>
    private long needed;
    private long had;

    public Market(MarketOptions options)
    {
        this.options = options;
        orders = new(accounts);
        clientIds = new(options.Room);
        dues = new(Stale);
    }

    /// <summary>Commands applied: the sequence of the last one.</summary>
    public long Sequence { get; private set; }

    /// <summary>When the market next does something by itself, in Unix microseconds; <see cref="long.MaxValue"/>: never. Send an Advance then.</summary>
    public long NextDueMicros { get; private set; } = long.MaxValue;

    /// <summary>Applies a batch and appends what came of it, each output with the index of its command.</summary>
    /// <param name="ends">Receives how many outputs were written after each command; as long as <paramref name="commands"/>.</param>
    public void Apply(ReadOnlySpan<Command> commands, OutputBuffer outputs, Span<int> ends)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            if (i + Far < commands.Length)
            {
                FetchFar(in commands[i + Far]);
                FetchNear(in commands[i + Near]);
                FetchClose(in commands[i + Close]);
            }

            outputs.Command = i;
            Apply(in commands[i], outputs);
            ends[i] = outputs.Count;
        }
    }

    /// <summary>Applies one command and appends what came of it. What time has done since comes first.</summary>
    public void Apply(in Command command, OutputBuffer outputs)
    {
        Sequence++;
        if (command.AtMicros >= NextDueMicros) Sweep(in command, outputs);
        if (command.Version != Command.CurrentVersion)
        {
            Refuse(in command, outputs, No(Refusal.UnknownCommand, Command.CurrentVersion, command.Version));
            return;
        }

        // Nearly everything is one of these two.
        if (command.Kind == CommandKind.Place) Place(in command, outputs);
        else if (command.Kind == CommandKind.Cancel) Cancel(in command, outputs);
        else ApplyOther(in command, outputs);
    }

    private void ApplyOther(in Command command, OutputBuffer outputs)
    {
        switch (command.Kind)
        {
            case CommandKind.Replace: Replace(in command, outputs); break;
            case CommandKind.ListInstrument: ListInstrument(in command, outputs); break;
            case CommandKind.SetLimits: SetLimits(in command, outputs); break;
            case CommandKind.SetTerms: SetTerms(in command, outputs); break;
            case CommandKind.SetFee: SetFee(in command, outputs); break;
            case CommandKind.Permit: Permit(in command, outputs); break;
            case CommandKind.BlockAccount: BlockAccount(in command, outputs); break;
            case CommandKind.GroupAccount: GroupAccount(in command, outputs); break;
            case CommandKind.Deposit: Deposit(in command, outputs); break;
            case CommandKind.Withdraw: Withdraw(in command, outputs); break;
            case CommandKind.CancelAll or CommandKind.Disconnect: CancelAll(in command, outputs); break;
            case CommandKind.ArmTimer: ArmTimer(in command, outputs); break;
            case CommandKind.SetPhase: SetPhase(in command, outputs); break;
            case CommandKind.StartDay: StartDay(in command, outputs); break;
            case CommandKind.Advance: break;
            case CommandKind.Seize: Seize(in command, outputs); break;
            case CommandKind.LiftSeizure: LiftSeizure(in command, outputs); break;
            case CommandKind.Settle or CommandKind.Unwind: Conclude(in command, outputs); break;
            case CommandKind.BustTrade: BustTrade(in command, outputs); break;
            case CommandKind.Take: Take(in command, outputs); break;
            case CommandKind.OpenSale: OpenSale(in command, outputs); break;
            case CommandKind.Propose: Propose(in command, outputs); break;
            case CommandKind.Accept: Accept(in command, outputs); break;
            case CommandKind.Decline: Decline(in command, outputs); break;
            default: Refuse(in command, outputs, No(Refusal.UnknownCommand, 0, (long)command.Kind)); break;
        }
    }

    /// <summary>What an account has of an asset: free, and locked behind orders and conditional trades.</summary>
    public (long Free, long Locked) Balance(int account, int asset)
    {
        if (!accounts.Knows(account)) return default;
        if (asset == 0) return (accounts[account].Free, accounts[account].Locked);
        return Find(asset)?.Read(account) is { } position ? (position.Free, position.Locked) : default;
    }

    /// <summary>Levels of one side, best first, as (ticks, lots, orders); of an iceberg what it shows.</summary>
    public IEnumerable<(long Ticks, long Lots, int Orders)> Depth(int instrument, Side side)
    {
        if (Find(instrument) is not { } listed) yield break;
        var book = listed.Of(side);
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level))) yield return (book.TicksOf(level), book[level].Lots, book[level].Count);
    }

    /// <summary>Market orders that wait in a call, as (lots, orders).</summary>
    public (long Lots, int Orders) AtMarket(int instrument, Side side) =>
        Find(instrument) is { Mode: not Mode.Listing } listed && listed.Queue(side) is { Best: >= 0 } queue ? (queue[queue.Best].Lots, queue[queue.Best].Count) : default;

    public Phase PhaseOf(int instrument) => Find(instrument)?.Phase ?? Phase.None;

    /// <summary>Would the instrument go on to this phase now?</summary>
    public bool Turns(int instrument, Phase phase) => Find(instrument) is { } listed && listed.Has(phase) && (phase != Phase.Uncross || listed.Uncrosses);

    /// <summary>Price of the last trade in ticks; null = none.</summary>
    public long? LastTicks(int instrument) => Find(instrument) is { Traded: true } listed ? listed.LastTicks : null;

    /// <summary>The last closing price in ticks (R-CEA-09); null = none.</summary>
    public long? CloseTicks(int instrument) => Find(instrument) is { HasClosed: true } listed ? listed.CloseTicks : null;

    /// <summary>Open orders, waiting stops included.</summary>
    public int OpenOrders => orders.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Instrument? Find(int number) => number > 0 && number < instruments.Length ? instruments[number] : null;

    private Refusal No(Refusal code, long needed = 0, long had = 0)
    {
        (this.needed, this.had) = (needed, had);
        return code;
    }

    private void Refuse(in Command command, OutputBuffer outputs, Refusal code)
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
            case CommandKind.Cancel or CommandKind.Replace or CommandKind.Take or CommandKind.Accept or CommandKind.Decline:
                refused.Order = command.Order;
                break;
            case CommandKind.Settle or CommandKind.Unwind or CommandKind.BustTrade:
                refused.TradeNo = command.Trade;
                refused.Lots = command.Lots;
                break;
        }
    }

    /// <summary>Fetching ahead changes nothing: a guess that is wrong by then costs a few cycles. No branch here depends on what the command is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void FetchFar(in Command command)
    {
        if (!Sse.IsSupported) return;
        var named = (command.ClientHigh | command.ClientLow) != 0 ? 1U : 0U;
        Sse.Prefetch0(clientIds.PlaceOf(command.Account, command.ClientHigh, command.ClientLow, named));
        Sse.Prefetch0(orders.PlaceOf(command.Order));
        Sse.Prefetch0(accounts.AddressOf(command.Account));
        if ((uint)command.Instrument < (uint)instruments.Length && instruments[command.Instrument] is { } instrument) Sse.Prefetch0(instrument.AddressOf(command.Account));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void FetchNear(in Command command)
    {
        if (Sse.IsSupported) Sse.Prefetch0(orders.AddressOf(orders.Guess(command.Order)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe void FetchClose(in Command command)
    {
        if (!Sse.IsSupported) return;
        ref var order = ref orders[orders.Guess(command.Order)];
        Sse.Prefetch0(orders.AddressOf(Orders.OrFirst(order.Before)));
        Sse.Prefetch0(orders.AddressOf(Orders.OrFirst(order.After)));
        Sse.Prefetch0(accounts.AddressOf(order.Account));
    }
}

using System.Runtime.InteropServices;
using Trading.Matching.Core.Books;

namespace Trading.Matching.Core;

/// <summary>The bytes are no snapshot of this version.</summary>
public sealed class SnapshotUnreadableException(string message) : Exception(message);

/// <summary>
/// A market as bytes: everything that decides what comes next, in one order that does not depend on how it came about. Equal markets give equal
/// bytes, so the bytes are also the market's fingerprint: nothing that is written may have gaps between its fields, where memory says what it likes.
/// Layout is versioned; whoever stores it adds a checksum.
/// </summary>
public sealed partial class Market
{
    private const int SnapshotVersion = 2;

    private struct StoredMarket
    {
        public long Version;
        public long Sequence;
        public long Trades;
        public long DayEnds;
        public long DayLength;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct StoredInstrument
    {
        public Command Listed;
        public Terms Terms;
        public Int128 DayTicksLots;
        public long DayLots;
        public long DayAmount;
        public long LastTicks;
        public long CloseTicks;
        public long ResumesMicros;
        public long CallEndsMicros;
        public Sale Sale;
        public int Gathered;
        public int Traded;
        public int HasClosed;
        public int Phase;
    }

    private struct StoredAccount
    {
        public int Number;
        public int Group;
        public long Free;
        public long Locked;
        public long Timer;
        public long Marks;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct StoredPosition
    {
        public int Account;
        public int Instrument;
        public Position Position;
        public long Limit;
        public long Fresh;
        public int HasHold;
    }

    /// <summary>In the order in which it stands at its price.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct StoredOrder(in Order order, in Story story)
    {
        public Order Order = order;
        public long Lots = story.Lots;
        public long Filled = story.Filled;
        public Int128 TicksLots = story.TicksLots;
        public long Amount = story.Amount;
        public long Fee = story.Fee;
        public long Display = story.Display;
        public long Shown = story.Shown;
        public long MinLots = story.MinLots;
        public long StopTicks = story.StopTicks;
        public long UntilMicros = story.UntilMicros;
        public long Chosen = story.Chosen;
        public SelfTrade SelfTrade = story.SelfTrade;
        /// <summary>Sequence of the id it answers to; 0 = none.</summary>
        public long HeardAt;

        public readonly Story Story => new()
        {
            Lots = Lots, Filled = Filled, TicksLots = TicksLots, Amount = Amount, Fee = Fee, Display = Display, Shown = Shown, MinLots = MinLots, StopTicks = StopTicks,
            UntilMicros = UntilMicros, Chosen = Chosen, SelfTrade = SelfTrade,
        };
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct StoredProposal
    {
        public Proposal Proposal;
        /// <summary>Sequence of the id it answers to; 0 = none.</summary>
        public long HeardAt;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct StoredId(in Heard heard)
    {
        public ulong Key = heard.Key;
        public ulong Content = heard.Content;
        public long Sequence = heard.Sequence;
        public long Order = heard.Order;
        public int Account = heard.Account;
        public int Instrument;
        public int Generation;

        public readonly Heard Heard => new() { Key = Key, Content = Content, Sequence = Sequence, Order = Order, Account = Account };
    }

    /// <summary>Everything but what can be worked out of it.</summary>
    public byte[] Snapshot()
    {
        var to = new SnapshotWriter();
        to.Write(new StoredMarket { Version = SnapshotVersion, Sequence = Sequence, Trades = trades, DayEnds = dayEnds, DayLength = dayLength });
        var listed = instruments.Where(i => i is not null).ToArray();
        to.Write(listed.Length);
        foreach (var instrument in listed) Write(instrument!, to);
        var known = 0;
        for (var number = 1; number <= accounts.Highest; number++) known += accounts.Knows(number) ? 1 : 0;
        to.Write(known);
        for (var number = 1; number <= accounts.Highest; number++)
        {
            if (!accounts.Knows(number)) continue;
            ref var account = ref accounts[number];
            to.Write(new StoredAccount { Number = number, Group = account.Group, Free = account.Free, Locked = account.Locked, Timer = accounts.Timer(number), Marks = (long)account.Marks });
        }

        to.Write(accounts.Claims.Count);
        to.Write<Claim>(CollectionsMarshal.AsSpan(accounts.Claims));
        for (var asset = 0; asset <= (listed.Length == 0 ? 0 : listed[^1]!.Number); asset++) to.Write(accounts.Total(asset));
        to.Write(clientIds.Count);
        foreach (var (place, instrument, generation) in clientIds.All()) to.Write(new StoredId(in clientIds[place]) { Instrument = instrument, Generation = generation });
        foreach (var instrument in listed)
        {
            foreach (var book in BooksOf(instrument!)) Write(book, to);
        }

        to.Write(pending.Count);
        foreach (var trade in pending.All) to.Write(trade);
        to.Write(busted.Count);
        foreach (var trade in busted) to.Write(trade);
        to.Write(proposals.Count);
        foreach (var (proposal, heard) in proposals.Values) to.Write(new StoredProposal { Proposal = proposal, HeardAt = heard < 0 ? 0 : clientIds[heard].Sequence });
        return to.ToArray();
    }

    private static OrderBook[] BooksOf(Instrument instrument) => [instrument.Bids, instrument.Asks, instrument.BuyStops, instrument.SellStops, instrument.BuyQueue, instrument.SellQueue];

    /// <summary>A digest of everything that decides what comes next; equal for equal markets.</summary>
    public ulong Fingerprint()
    {
        var mix = new Mix();
        ReadOnlySpan<byte> bytes = Snapshot();
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes)) mix.Add(word);
        foreach (var rest in bytes[^(bytes.Length % sizeof(ulong))..]) mix.Add(rest);
        return mix.Value;
    }

    /// <exception cref="SnapshotUnreadableException">Another version, or cut.</exception>
    public static Market Restore(ReadOnlySpan<byte> snapshot, MarketOptions options)
    {
        var from = new SnapshotReader(snapshot);
        var head = from.Read<StoredMarket>();
        if (head.Version != SnapshotVersion) throw new SnapshotUnreadableException($"version {head.Version} is not known here");
        var market = new Market(options) { Sequence = head.Sequence, trades = head.Trades, dayEnds = head.DayEnds, dayLength = head.DayLength };
        var listed = new int[from.Read<int>()];
        for (var i = 0; i < listed.Length; i++) listed[i] = market.ReadInstrument(ref from);
        for (var left = from.Read<int>(); left > 0; left--)
        {
            var stored = from.Read<StoredAccount>();
            ref var account = ref market.accounts.Open(stored.Number);
            (account.Group, account.Free, account.Locked, account.Marks) = (stored.Group, stored.Free, stored.Locked, (AccountMarks)stored.Marks);
            market.accounts.SetTimer(stored.Number, stored.Timer);
            if (stored.Timer != 0) market.dues.Add(new(stored.Timer, DueKind.TimerGoesOff, stored.Number));
        }

        for (var left = from.Read<int>(); left > 0; left--) market.accounts.Claims.Add(from.Read<Claim>());
        for (var asset = 0; asset <= (listed.Length == 0 ? 0 : listed[^1]); asset++) market.accounts.Total(asset) = from.Read<long>();
        var heardAt = new Dictionary<long, int>();
        for (var left = from.Read<int>(); left > 0; left--)
        {
            var id = from.Read<StoredId>();
            var place = market.clientIds.Restore(id.Heard, id.Instrument, id.Generation);
            if (id.Generation == 0) heardAt[id.Sequence] = place;
        }

        market.ReadOrders(listed, heardAt, ref from);
        for (var left = from.Read<int>(); left > 0; left--) market.pending.Put(from.Read<PendingTrade>());
        for (var left = from.Read<int>(); left > 0; left--) market.busted.Add(from.Read<long>());
        for (var left = from.Read<int>(); left > 0; left--)
        {
            var stored = from.Read<StoredProposal>();
            market.proposals.Add(stored.Proposal.Number, (stored.Proposal, HeardOf(stored.HeardAt, stored.Proposal.Number, heardAt)));
        }

        if (!from.AtEnd) throw new SnapshotUnreadableException("there is more than a market in it");
        market.Reckon();
        return market;
    }

    /// <returns>-1 where it answers to none.</returns>
    private static int HeardOf(long sequence, long order, Dictionary<long, int> heardAt)
    {
        if (sequence == 0) return -1;
        return heardAt.TryGetValue(sequence, out var place) ? place : throw new SnapshotUnreadableException($"order {order} answers to an id that is not there");
    }

    private void Write(Instrument instrument, SnapshotWriter to)
    {
        to.Write(new StoredInstrument
        {
            Listed = new()
            {
                Instrument = instrument.Number, Num = instrument.Num, Den = instrument.Den, FeeMillionths = instrument.FeeMillionths, Flags = instrument.Flags,
                LowerTicks = instrument.LowerTicks, UpperTicks = instrument.UpperTicks, ReferenceTicks = instrument.ReferenceTicks,
                // How many earlier fees follow; a listing leaves this place empty, so that a market whose fees never changed has the bytes it always had.
                MinLots = instrument.EarlierFees.Count, Mode = instrument.Mode, NegotiatedLower = instrument.NegotiatedLower,
                // The place of the upper one is taken.
                UntilMicros = instrument.NegotiatedUpper,
            },
            Terms = instrument.Terms, DayTicksLots = instrument.Day.TicksLots, DayLots = instrument.Day.Lots, DayAmount = instrument.Day.Amount, LastTicks = instrument.LastTicks,
            CloseTicks = instrument.CloseTicks, ResumesMicros = instrument.ResumesMicros, CallEndsMicros = instrument.CallEndsMicros, Sale = instrument.Sale, Gathered = instrument.Gathered ? 1 : 0,
            Traded = instrument.Traded ? 1 : 0, HasClosed = instrument.HasClosed ? 1 : 0, Phase = (int)instrument.Phase,
        });
        var count = 0;
        for (var account = 1; account < instrument.Positions; account++) count += Stored(instrument, account) ? 1 : 0;
        to.Write(count);
        for (var account = 1; account < instrument.Positions; account++)
        {
            if (!Stored(instrument, account)) continue;
            var position = instrument.Read(account);
            var hold = instrument.Holds[position.Hold];
            var stored = new StoredPosition { Account = account, Instrument = instrument.Number, Position = position, Limit = hold.Limit, Fresh = hold.Fresh, HasHold = position.Hold != 0 ? 1 : 0 };
            stored.Position.Hold = 0;
            to.Write(stored);
        }

        to.Write(instrument.Fresh.Count);
        to.Write<Bought>(CollectionsMarshal.AsSpan(instrument.Fresh));
        to.Write<EarlierFee>(CollectionsMarshal.AsSpan(instrument.EarlierFees));
    }

    private static bool Stored(Instrument instrument, int account)
    {
        var position = instrument.Read(account);
        return (position.Free | position.Locked | position.Coming | (long)position.Marks | (long)position.Hold) != 0;
    }

    private int ReadInstrument(ref SnapshotReader from)
    {
        var stored = from.Read<StoredInstrument>();
        var instrument = new Instrument(in stored.Listed, orders)
        {
            Phase = (Phase)stored.Phase, Gathered = stored.Gathered != 0, CallEndsMicros = stored.CallEndsMicros, Sale = stored.Sale, NegotiatedLower = stored.Listed.NegotiatedLower,
            NegotiatedUpper = stored.Listed.UntilMicros, Terms = stored.Terms, LastTicks = stored.LastTicks, CloseTicks = stored.CloseTicks, ResumesMicros = stored.ResumesMicros, Traded = stored.Traded != 0,
            HasClosed = stored.HasClosed != 0, Day = new() { Lots = stored.DayLots, TicksLots = stored.DayTicksLots, Amount = stored.DayAmount },
        };
        instrument.Weigh();
        var number = instrument.Number;
        if (number < 1 || number > options.InstrumentsMost) throw new SnapshotUnreadableException($"instrument {number} is not possible");
        if (number >= instruments.Length) Array.Resize(ref instruments, Math.Max(number + 1, instruments.Length * 2));
        instruments[number] = instrument;
        if (instrument.CallEndsMicros != 0) dues.Add(new(instrument.CallEndsMicros, DueKind.CallEnds, number));
        if (instrument.Sale.UntilMicros != 0) dues.Add(new(instrument.Sale.UntilMicros, DueKind.SaleEnds, number));
        if (instrument.ResumesMicros != 0) dues.Add(new(instrument.ResumesMicros, DueKind.HaltEnds, number));
        if (instrument.Terms.EndsMicros != 0) dues.Add(new(instrument.Terms.EndsMicros, DueKind.InstrumentEnds, number));
        for (var left = from.Read<int>(); left > 0; left--)
        {
            var position = from.Read<StoredPosition>();
            instrument.Of(position.Account) = position.Position;
            if (position.HasHold == 0) continue;
            ref var hold = ref instrument.HoldOf(position.Account);
            (hold.Limit, hold.Fresh) = (position.Limit, position.Fresh);
        }

        for (var left = from.Read<int>(); left > 0; left--) instrument.Fresh.Add(from.Read<Bought>());
        for (var left = stored.Listed.MinLots; left > 0; left--) instrument.EarlierFees.Add(from.Read<EarlierFee>());
        instrument.Know();
        return number;
    }

    private void Write(OrderBook book, SnapshotWriter to)
    {
        var count = 0;
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level))) count += book[level].Count;
        to.Write(count);
        for (var level = book.Best; level >= 0; level = book.Worse(book.TicksOf(level)))
        {
            for (var slot = book[level].First; slot >= 0; slot = orders[slot].After)
            {
                var stored = new StoredOrder(in orders[slot], orders[slot].Is(Marks.Told) ? orders.Story(slot) : default) { HeardAt = orders[slot].Heard < 0 ? 0 : clientIds[orders[slot].Heard].Sequence };
                // Places in memory are nobody's business.
                (stored.Order.Before, stored.Order.After, stored.Order.AccountBefore, stored.Order.AccountAfter, stored.Order.Heard) = (0, 0, 0, 0, 0);
                to.Write(stored);
            }
        }
    }

    /// <summary>First every order, by number, so that accounts list them as they did; then the books, each in its own order.</summary>
    private void ReadOrders(int[] listed, Dictionary<long, int> heardAt, ref SnapshotReader from)
    {
        var all = new List<(long Number, int Slot)>();
        var books = new List<(OrderBook Book, int Slot)>();
        foreach (var number in listed)
        {
            var instrument = instruments[number]!;
            foreach (var book in BooksOf(instrument))
            {
                for (var left = from.Read<int>(); left > 0; left--)
                {
                    var stored = from.Read<StoredOrder>();
                    var slot = orders.Take();
                    orders[slot] = stored.Order;
                    orders.Story(slot) = stored.Story;
                    orders[slot].Heard = HeardOf(stored.HeardAt, stored.Order.Number, heardAt);
                    all.Add((stored.Order.Number, slot));
                    books.Add((book, slot));
                    if (stored.Order.Side == Side.Buy) instrument.BuyLots += stored.Order.Left;
                    else instrument.SellLots += stored.Order.Left;
                    if (stored.Order.TimeInForce == TimeInForce.Gtd) dues.Add(new(stored.UntilMicros, DueKind.OrderExpires, stored.Order.Number));
                }
            }
        }

        all.Sort((a, b) => a.Number.CompareTo(b.Number));
        foreach (var (_, slot) in all) orders.Open(slot);
        foreach (var (book, slot) in books) book.Rest(slot, orders[slot].Is(Marks.Waiting) ? orders.Story(slot).StopTicks : orders[slot].Is(Marks.Gathered) ? 0 : orders[slot].Ticks);
    }
}

/// <summary>Grows as it is written; every value lies as its little-endian bytes.</summary>
internal sealed class SnapshotWriter
{
    private byte[] bytes = new byte[4096];
    private int count;

    public void Write<T>(in T value) where T : unmanaged => Write(new ReadOnlySpan<T>(in value));

    public void Write<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var from = MemoryMarshal.AsBytes(values);
        if (from.Length > bytes.Length - count) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, count + from.Length));
        from.CopyTo(bytes.AsSpan(count));
        count += from.Length;
    }

    public byte[] ToArray() => bytes.AsSpan(0, count).ToArray();
}

internal ref struct SnapshotReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> left = bytes;

    public readonly bool AtEnd => left.IsEmpty;

    public T Read<T>() where T : unmanaged
    {
        if (!MemoryMarshal.TryRead<T>(left, out var value)) throw new SnapshotUnreadableException("it ends in the middle");
        left = left[System.Runtime.CompilerServices.Unsafe.SizeOf<T>()..];
        return value;
    }
}

using System.Collections.Immutable;
using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Serials;

/// <summary>An event of a holding as it lies in the log.</summary>
internal sealed record Logged(long Sequence, HoldingKey Key, long Version, HoldingEvent Event, Instant At);

/// <summary>
/// Serial numbers of one instrument, followed from the log of its holdings. Pure, and the same however the log is cut: what two transactions do to one account stands in the log in
/// the order of its stream, what one gives another receives under the same cause, and new numbers are drawn in the order of issue. Lowest numbers go first unless others were picked.
/// </summary>
internal sealed class SerialLedger(long issued)
{
    private readonly Dictionary<(int Account, long Surrender), SortedList<long, long>> blocks = [];
    private readonly Dictionary<(string Way, long A, long B), Queue<(int From, ImmutableArray<SerialRange> Ranges)>> under = [];

    /// <summary>Numbers drawn so far.</summary>
    public long Issued { get; private set; } = issued;

    public List<(SerialRange Range, int? From, int? To, HoldingEvent Event, Instant At)> Moves { get; } = [];

    public void Put(SerialBlock block) => Of(block.Account, block.Surrender).Add(block.Range.First, block.Range.Last);

    public IEnumerable<SerialBlock> Blocks => blocks.OrderBy(b => b.Key).SelectMany(b => b.Value.Select(r => new SerialBlock(b.Key.Account, new(r.Key, r.Value), b.Key.Surrender)));

    /// <summary>Follows these events, which are all that the log has of these accounts up to some point.</summary>
    /// <returns>False: something given was not received, so the log was cut inside a transaction; the ledger is spoilt then.</returns>
    public bool Follow(IEnumerable<Logged> log)
    {
        var queues = log.GroupBy(l => l.Key).ToDictionary(g => g.Key, g => new Queue<Logged>(g.OrderBy(l => l.Version)));
        var issues = new Queue<Logged>(queues.Values.SelectMany(q => q).Where(l => l.Event is HoldingEvent.Issued).OrderBy(l => l.Sequence));
        for (var moved = true; moved;)
        {
            moved = false;
            foreach (var queue in queues.Values)
            {
                while (queue.TryPeek(out var next) && Take(next, issues))
                {
                    queue.Dequeue();
                    moved = true;
                }
            }
        }

        return queues.Values.All(q => q.Count == 0) && under.Values.All(q => q.Count == 0);
    }

    /// <summary>Whether this account has all of them.</summary>
    public bool Holds(int account, SerialRange range) => Of(account) is var own && Floor(own, range.First) is var at and >= 0 && own.Values[at] >= range.Last;

    private bool Take(Logged next, Queue<Logged> issues)
    {
        var account = next.Key.Account;
        switch (next.Event)
        {
            case HoldingEvent.Issued e:
                // Drawn in the order of the log: whoever issues holds the row that counts.
                if (!ReferenceEquals(issues.Peek(), next)) return false;
                issues.Dequeue();
                Receive(account, null, [new(Issued + 1, Issued + e.Units)], next);
                Issued += e.Units;
                return true;
            case HoldingEvent.Sold e:
                return Give(("trade", e.Trade, 0), account, e.Units, null);
            case HoldingEvent.Bought e:
                return Receive(("trade", e.Trade, 0), next);
            case HoldingEvent.Delivered e:
                return Give(("delivery", e.Trade, 0), account, e.Units, null);
            case HoldingEvent.Received e:
                return Receive(("delivery", e.Trade, 0), next);
            case HoldingEvent.GivenBack e:
                return Give(("bust", e.Trade, 0), account, e.Units, null);
            case HoldingEvent.TakenBack e:
                return Receive(("bust", e.Trade, 0), next);
            case HoldingEvent.TransferredOut e:
                return Give(("transfer", account, e.To), account, e.Units, e.Serials);
            case HoldingEvent.TransferredIn e:
                return Receive(("transfer", e.From, account), next);
            case HoldingEvent.Surrendered:
                foreach (var range in Cut(account, next.Event.Units, null))
                {
                    Moves.Add((range, account, null, next.Event, next.At));
                    Of(account, next.Version).Add(range.First, range.Last);
                }

                return true;
            case HoldingEvent.SurrenderReversed e:
                Receive(account, null, Cut(account, e.Units, null, e.Surrender), next);
                return true;
            case HoldingEvent.Cancelled or HoldingEvent.Retired or HoldingEvent.Expired or HoldingEvent.Reversed:
                foreach (var range in Cut(account, next.Event.Units, null)) Moves.Add((range, account, null, next.Event, next.At));
                return true;
            default:
                return true;
        }
    }

    private bool Give((string, long, long) cause, int account, long units, SerialRange? picked)
    {
        if (!under.TryGetValue(cause, out var queue)) under[cause] = queue = new();
        queue.Enqueue((account, Cut(account, units, picked)));
        return true;
    }

    private bool Receive((string, long, long) cause, Logged next)
    {
        if (!under.TryGetValue(cause, out var queue) || !queue.TryDequeue(out var given)) return false;
        Receive(next.Key.Account, given.From, given.Ranges, next);
        return true;
    }

    private void Receive(int account, int? from, ImmutableArray<SerialRange> ranges, Logged why)
    {
        foreach (var range in ranges)
        {
            Moves.Add((range, from, account, why.Event, why.At));
            var own = Of(account);
            var (first, last) = (range.First, range.Last);
            if (Floor(own, first) is var before and >= 0 && own.Values[before] == first - 1)
            {
                first = own.Keys[before];
                own.RemoveAt(before);
            }

            if (own.TryGetValue(last + 1, out var end))
            {
                own.Remove(last + 1);
                last = end;
            }

            own.Add(first, last);
        }
    }

    /// <exception cref="InvalidOperationException">The account has not so many, or not those: the log and the numbers disagree.</exception>
    private ImmutableArray<SerialRange> Cut(int account, long units, SerialRange? picked, long surrender = 0)
    {
        var own = Of(account, surrender);
        var taken = ImmutableArray.CreateBuilder<SerialRange>();
        if (picked is { } wanted)
        {
            if (!Holds(account, wanted) || wanted.Units != units) throw new InvalidOperationException($"account {account} does not hold {wanted}");
            var at = Floor(own, wanted.First);
            var (first, last) = (own.Keys[at], own.Values[at]);
            own.RemoveAt(at);
            if (first < wanted.First) own.Add(first, wanted.First - 1);
            if (last > wanted.Last) own.Add(wanted.Last + 1, last);
            taken.Add(wanted);
            return taken.ToImmutable();
        }

        while (units > 0)
        {
            if (own.Count == 0) throw new InvalidOperationException($"account {account} gives {units} more than it has numbers");
            var (first, last) = (own.Keys[0], own.Values[0]);
            own.RemoveAt(0);
            var upTo = Math.Min(last, first + units - 1);
            if (upTo < last) own.Add(upTo + 1, last);
            taken.Add(new(first, upTo));
            units -= upTo - first + 1;
        }

        return taken.ToImmutable();
    }

    /// <summary>What an account holds, or what a surrender of it gave up.</summary>
    private SortedList<long, long> Of(int account, long surrender = 0)
    {
        if (!blocks.TryGetValue((account, surrender), out var own)) blocks[(account, surrender)] = own = [];
        return own;
    }

    /// <summary>Place of the last block that begins at or before a number; -1: none.</summary>
    private static int Floor(SortedList<long, long> own, long first)
    {
        var (low, high) = (0, own.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (own.Keys[middle] <= first) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }
}

using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Ledger;

/// <summary>What one thing that happened does to the books: all of it, or none.</summary>
internal sealed record Booking
{
    public IReadOnlyList<(HoldingKey Key, HoldingEvent Happened)> Rights { get; init; } = [];
    public Entry? Money { get; init; }
    public (long TradeNo, IReadOnlyList<DeliveryEvent> Happened)? Delivery { get; init; }
    /// <summary>A transfer, as it stands now.</summary>
    public Transfer? Transfer { get; init; }
    /// <summary>A freeze, as it stands now.</summary>
    public Freeze? Freeze { get; init; }
    /// <summary>A request to cancel a trade, as it stands now.</summary>
    public Bust? Bust { get; init; }
    /// <summary>What it moves in the caps of counties.</summary>
    public (string Indicator, CapEvent Happened)? Cap { get; init; }
    public IReadOnlyList<Command> ToMarket { get; init; } = [];
}

/// <summary>What a settlement step must hold locked.</summary>
internal sealed class Keys
{
    public SortedSet<HoldingKey> Holdings { get; } = [];
    public SortedSet<int> Funds { get; } = [];
    public SortedSet<long> Deliveries { get; } = [];
    public SortedSet<long> Transfers { get; } = [];
    public SortedSet<long> Freezes { get; } = [];
    /// <summary>Trades whose standing request of cancellation is needed.</summary>
    public SortedSet<long> Busts { get; } = [];

    /// <param name="instrument">0 is money.</param>
    public static Keys Of(int account, int instrument)
    {
        var keys = new Keys();
        if (instrument == 0) keys.Funds.Add(account);
        else keys.Holdings.Add(new(account, instrument));
        return keys;
    }

    /// <inheritdoc cref="Of"/>
    public bool Holds(int account, int instrument) => instrument == 0 ? Funds.Contains(account) : Holdings.Contains(new(account, instrument));
}

/// <summary>
/// The rows of one transaction, as they were under lock and as they will be. Pure: it is filled by the store, moved by bookings, and written
/// back by the store.
/// </summary>
internal sealed class Books
{
    public sealed class Changing<T>(T before)
    {
        public T Before { get; } = before;
        public T Now { get; set; } = before;
    }

    public Dictionary<HoldingKey, Changing<Holding>> Holdings { get; } = [];
    public Dictionary<int, Changing<FundAccount>> Funds { get; } = [];
    public Dictionary<long, Changing<Delivery?>> Deliveries { get; } = [];
    public Dictionary<long, Changing<Transfer>> Transfers { get; } = [];
    public Dictionary<long, Changing<Freeze>> Freezes { get; } = [];
    /// <summary>By trade: at most one stands.</summary>
    public Dictionary<long, Changing<Bust>> Busts { get; } = [];
    public Dictionary<HoldingKey, List<HoldingEvent>> RightsMoved { get; } = [];
    public Dictionary<long, List<DeliveryEvent>> DeliveriesMoved { get; } = [];
    public List<Entry> Entries { get; } = [];
    public List<(string Indicator, CapEvent Happened)> CapsMoved { get; } = [];
    public List<Command> ToMarket { get; } = [];
    public List<(long Sequence, long TradeNo, string Text)> Alerts { get; } = [];
    /// <summary>Accounts that may not go on, and why.</summary>
    public SortedDictionary<int, (string Zh, string En)> Stopped { get; } = [];

    /// <summary>Works the booking out on copies first; only a whole one changes the books.</summary>
    /// <exception cref="InvalidOperationException">It cannot be booked: a bucket would fall below zero, money would not balance, an event cannot follow.</exception>
    public void Book(Booking booking)
    {
        var rights = new Dictionary<HoldingKey, Holding>();
        foreach (var (key, happened) in booking.Rights) rights[key] = Holding.Evolve(rights.GetValueOrDefault(key) ?? Holdings[key].Now, happened);
        var funds = new Dictionary<int, FundAccount>();
        if (booking.Money is { } money)
        {
            var sum = 0L;
            foreach (var posting in money.Postings)
            {
                funds[posting.Account] = Money.Evolve(funds.GetValueOrDefault(posting.Account) ?? Funds[posting.Account].Now, posting);
                sum += posting.Fen;
            }

            if (sum != 0) throw new InvalidOperationException($"the postings of {money.Reason} sum to {sum} fen");
        }

        Delivery? delivery = null;
        if (booking.Delivery is { } change)
        {
            delivery = Deliveries[change.TradeNo].Now;
            foreach (var happened in change.Happened) delivery = Delivery.Evolve(delivery, happened);
        }

        foreach (var (key, now) in rights) Holdings[key].Now = now;
        foreach (var (key, happened) in booking.Rights) Of(RightsMoved, key).Add(happened);
        foreach (var (account, now) in funds) Funds[account].Now = now;
        if (booking.Money is { Postings.Count: > 0 } entry) Entries.Add(entry);
        if (booking.Delivery is { } moved)
        {
            Deliveries[moved.TradeNo].Now = delivery;
            Of(DeliveriesMoved, moved.TradeNo).AddRange(moved.Happened);
        }

        if (booking.Transfer is { } transfer) Transfers[transfer.Id].Now = transfer;
        if (booking.Freeze is { } freeze) Freezes[freeze.Id].Now = freeze;
        if (booking.Bust is { } bust) Busts[bust.TradeNo].Now = bust;
        if (booking.Cap is { } cap) CapsMoved.Add(cap);
        ToMarket.AddRange(booking.ToMarket);
    }

    /// <summary>Books what is decided on a delivery, and tells the market what follows. A refusal changes nothing.</summary>
    public Refused? Follow(long tradeNo, Func<Delivery?, Decision<DeliveryEvent>> decide)
    {
        var open = Deliveries[tradeNo].Now;
        var decision = decide(open);
        if (decision.Refused is null && !decision.Events.IsEmpty) Book(new() { Delivery = (tradeNo, decision.Events), ToMarket = DeliveryDecisions.ToMarket(open!, decision.Events) });
        return decision.Refused;
    }

    private static List<TValue> Of<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key) where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list)) lists[key] = list = [];
        return list;
    }
}

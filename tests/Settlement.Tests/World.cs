using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Busts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Custody;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Freezes;
using Trading.Settlement.Ledger;
using Trading.Settlement.Tests.Postgres;
using Instrument = Trading.Registry.Contracts.Instrument;

namespace Trading.Settlement.Tests;

/// <summary>
/// The real core and the production deciders in one thread; only PostgreSQL is replaced, by dictionaries. What a transaction would write is
/// written back at once, what it would lock is laid out for it.
/// </summary>
internal sealed class World
{
    public const long Morning = 1_772_415_000_000_000; // 2026-03-02 01:30 UTC
    public const int Steel = 1, Textile = 2, Power = 3;
    public const int Carbon = 1, Cod = 2, Energy = 3;
    public static readonly Actor Clerk = new("operator", "operator"), Second = new("operator2", "operator"), County = new("kunshan", "county");

    private readonly OutputBuffer outputs = new();
    private readonly List<Command> inbox = [];
    private readonly List<Batch> journal = [];
    private long nextTransfer, nextFreeze;

    public World(int feeMillionths = 0)
    {
        Listings = new Dictionary<int, Listing>
        {
            [Carbon] = new(Carbon, new(0.01m, 1m), null, null, null, null, feeMillionths, 1),
            [Cod] = new(Cod, new(1m, 0.001m), "buyersCounty", null, null, null, feeMillionths, 1),
            [Energy] = new(Energy, new(0.01m, 0.1m), "province", null, null, null, feeMillionths, 10),
        };
        foreach (var (number, listing) in Listings.OrderBy(l => l.Key))
        {
            var (num, den) = listing.Unit.FenFraction();
            inbox.Add(new() { Kind = CommandKind.ListInstrument, Instrument = number, Phase = Phase.Continuous, Num = num, Den = den, LowerTicks = 1, UpperTicks = long.MaxValue,
                FeeMillionths = feeMillionths, Flags = listing.Conditional ? CommandFlags.Conditional : CommandFlags.None });
        }

        Trade();
    }

    public Market Market { get; } = new(new MarketOptions());
    public IReadOnlyDictionary<int, Listing> Listings { get; set; }
    public Catalog Catalog { get; set; } = new(
        [Firm(Steel, "steel", "320583"), Firm(Textile, "textile", "320583"), Firm(Power, "power", "321302")],
        [Right(Carbon, "CEA"), Right(Cod, "COD"), Right(Energy, "ENE")]);
    public static readonly RuleBook Rules = RuleFiles.Book(RuleFiles.Demo);
    public SortedDictionary<HoldingKey, Holding> Holdings { get; } = [];
    public SortedDictionary<int, FundAccount> Funds { get; } = [];
    public Dictionary<long, Delivery> Deliveries { get; } = [];
    public Dictionary<long, Transfer> Transfers { get; } = [];
    public Dictionary<long, Freeze> Freezes { get; } = [];
    public SortedDictionary<long, Bust> Busts { get; } = [];
    public List<(long Sequence, long TradeNo, string Text)> Alerts { get; } = [];
    public List<Entry> Entries { get; } = [];
    public IReadOnlyList<Command> Inbox => inbox;
    public IReadOnlyList<Batch> Journal => journal;
    public Dictionary<int, long> Issued { get; } = [];
    public long Position { get; private set; }
    public long Now { get; private set; } = Morning;

    public Holding Holding(int account, int instrument) => Holdings.GetValueOrDefault(new(account, instrument)) ?? Registry.Contracts.Holding.Empty(new(account, instrument));

    public FundAccount Fund(int account) => Funds.GetValueOrDefault(account) ?? new(account, 0, 0, 0, 0);

    public void Issue(int account, int instrument, long units)
    {
        var key = new HoldingKey(account, instrument);
        Holdings[key] = Registry.Contracts.Holding.Evolve(Holding(account, instrument), new HoldingEvent.Issued(units, "initial"));
        Issued[instrument] = Issued.GetValueOrDefault(instrument) + units;
    }

    public void PayIn(int account, long fen) => Run(k => { k.Funds.Add(account); k.Funds.Add(Money.Bank); }, books =>
    {
        books.Book(new() { Money = Money.Move("payment", new(account, Bucket.Available, fen), new(Money.Bank, Bucket.Available, -fen)) });
        return null;
    });

    /// <summary>A request to move in or out; the market hears it with its next batch.</summary>
    public (Transfer Transfer, Refused? Refused) Move(int account, TransferKind kind, int instrument, long amount)
    {
        var asked = new Transfer(++nextTransfer, account, kind, instrument, amount, TransferStatus.Pending, null, Time.Instant(Now), null);
        var refused = Run(k => Balance(k, account, instrument), books =>
        {
            var (booking, no) = CustodyDesk.Decide(asked, instrument == 0 ? 1 : Listings[instrument].UnitsPerLot, books, Catalog);
            if (booking is not null) books.Book(booking);
            return no;
        });
        if (refused is null) Transfers[asked.Id] = asked;
        return (asked, refused);
    }

    public Refused? Answer(string authority, long tradeNo, bool approve, string? reason = "no capacity") => Run(k => k.Deliveries.Add(tradeNo), books =>
        books.Follow(tradeNo, open => DeliveryDecisions.Answer(open, authority, open?.Facts.Step ?? 0, new(approve, reason, null, County), [], Time.Instant(Now), Rules)));

    public (Bust? Bust, Refused? Refused) AskBust(long tradeNo, string reason = "typed a price too much", Actor? by = null)
    {
        Bust? asked = null;
        var refused = Run(k => Standing(k, tradeNo), books =>
        {
            (asked, var no) = BustDecisions.Ask(books.Deliveries[tradeNo].Now, books.Busts.GetValueOrDefault(tradeNo)?.Now, reason, by ?? Clerk, Time.Instant(Now));
            return no;
        });
        if (refused is not null) return (null, refused);
        asked = asked! with { Id = Busts.Count + 1 };
        return (Busts[asked.Id] = asked, null);
    }

    public Refused? Approve(long bust, Actor? by = null) => Run(k => Standing(k, Busts[bust].TradeNo), books => Book(books, BustDecisions.Approve(
        Busts[bust], books.Deliveries[Busts[bust].TradeNo].Now, by ?? Second, Time.Instant(Now), Position)));

    public Refused? Withdraw(long bust, Actor? by = null) => Run(k => Standing(k, Busts[bust].TradeNo), books => Book(books, BustDecisions.Withdraw(Busts[bust], by ?? Clerk, Time.Instant(Now))));

    public Freeze Order(int account, int instrument, long amount)
    {
        var freeze = new Freeze(++nextFreeze, account, instrument, amount, 0, House.Warrant("court 1"), FreezeState.Ordered, Clerk, null, Time.Instant(Now));
        return Freezes[freeze.Id] = freeze;
    }

    public Refused? CarryOut(long id, Actor? by = null)
    {
        var freeze = Freezes[id];
        return Run(k => { Balance(k, freeze.Account, freeze.Instrument); k.Freezes.Add(id); }, books =>
        {
            var key = new HoldingKey(freeze.Account, freeze.Instrument);
            var (booking, no) = FreezeDesk.Decide(books.Freezes[id].Now, freeze.Instrument == 0 ? null : books.Holdings[key].Now,
                freeze.Instrument == 0 ? books.Funds[freeze.Account].Now : null, Listings.GetValueOrDefault(freeze.Instrument)?.UnitsPerLot, by ?? Second, Time.Instant(Now));
            if (booking is not null) books.Book(booking);
            return no;
        });
    }

    public Freeze Frozen(int account, int instrument, long amount)
    {
        var freeze = Order(account, instrument, amount);
        Assert.Null(CarryOut(freeze.Id));
        return Freezes[freeze.Id];
    }

    public void Lift(long id)
    {
        Freezes[id] = Freezes[id] with { State = FreezeState.LiftOrdered, OrderedBy = Clerk, CarriedOutBy = null };
        Assert.Null(CarryOut(id));
    }

    /// <summary>The market takes what is staged, then these orders, as one batch of the journal.</summary>
    public Batch Trade(params ReadOnlySpan<Command> orders)
    {
        Now += 1_000_000;
        Command[] commands = [.. inbox, .. orders];
        inbox.Clear();
        outputs.Clear();
        var ends = new int[commands.Length];
        for (var i = 0; i < commands.Length; i++)
        {
            commands[i].Version = Command.CurrentVersion;
            commands[i].AtMicros = Now;
            Market.Apply(in commands[i], outputs);
            ends[i] = outputs.Written.Length;
        }

        var written = outputs.Written.ToArray();
        for (int i = 0, o = 0; i < ends.Length; i++)
        {
            for (; o < ends[i]; o++) written[o].CommandIndex = i;
        }

        var first = journal.Count == 0 ? 1 : journal[^1].LastSequence + 1;
        var batch = new Batch(first, commands.Length, 1, commands, written, System.Collections.Immutable.ImmutableSortedDictionary<int, string>.Empty, default, default);
        if (commands.Length > 0) journal.Add(batch);
        return batch;
    }

    /// <summary>The settler reads on, as one transaction.</summary>
    public void Settle() => Settle(journal.Where(b => b.FirstSequence > Position));

    /// <summary>As if the position had been lost: all is heard again.</summary>
    public void Forget() => Position = 0;

    public void Settle(IEnumerable<Batch> batches)
    {
        var heard = new List<Heard>();
        Position = Settler.Hear(Position, batches, heard, int.MaxValue);
        Run(keys => { foreach (var one in heard) FromTheMarket.Locks(in one, keys); }, books =>
        {
            Settler.Settle(heard, books, Listings, Catalog, Rules);
            Alerts.AddRange(books.Alerts);
            return null;
        }, settler: true);
    }

    /// <summary>Everything said so far reaches market and books, and what that causes too.</summary>
    public void Rest()
    {
        Trade();
        Settle();
        while (inbox.Count > 0)
        {
            Trade();
            Settle();
        }
    }

    public static Command Sell(int account, int instrument, long ticks, long lots) => Place(account, instrument, Side.Sell, ticks, lots);

    public static Command Buy(int account, int instrument, long ticks, long lots) => Place(account, instrument, Side.Buy, ticks, lots);

    /// <summary>I1, I2 and, where the market has been followed to its end, balance for balance what the market holds.</summary>
    public void IsWhole(string told)
    {
        foreach (var (instrument, issued) in Issued) Assert.True(issued == Holdings.Values.Where(h => h.Key.Instrument == instrument).Sum(h => h.Total), $"{told}: rights of {instrument} are not conserved");
        Assert.True(Funds.Values.Sum(f => f.Total) == 0, $"{told}: money is not conserved");
        foreach (var entry in Entries) Assert.True(entry.Postings.Sum(p => p.Fen) == 0, $"{told}: {entry.Reason} does not balance");
        Assert.True(Funds.Values.Where(f => f.Account >= 0).All(f => (f.Available | f.InMarket | f.Awaiting | f.Frozen) >= 0), $"{told}: money below zero");
        foreach (var account in (int[])[Steel, Textile, Power])
        {
            foreach (var asset in (int[])[0, Carbon, Cod, Energy])
            {
                var frozen = Freezes.Values.Where(f => f.Account == account && f.Instrument == asset && f.State is FreezeState.Active or FreezeState.LiftOrdered).Where(f => f.Account == account && f.Instrument == asset).ToList();
                Assert.True(frozen.Sum(f => f.Taken) == (asset == 0 ? Fund(account).Frozen : Holding(account, asset).Frozen), $"{told}: frozen of {account}/{asset} is not what its freezes took");
                Assert.True(frozen.TrueForAll(f => f.Taken <= f.Amount), $"{told}: a freeze of {account}/{asset} took more than was ordered");
            }
        }

        if (inbox.Count > 0 || journal.Count == 0 || Position < journal[^1].LastSequence) return;
        foreach (var account in (int[])[Steel, Textile, Power])
        {
            foreach (var asset in (int[])[0, Carbon, Cod, Energy])
            {
                var (free, locked) = Market.Balance(account, asset);
                var perLot = asset == 0 ? 1 : Listings[asset].UnitsPerLot;
                var (held, awaits) = asset == 0 ? (Fund(account).InMarket, Fund(account).Awaiting) : (Holding(account, asset).Earmarked, Holding(account, asset).Awaiting);
                Assert.True((free + locked) * perLot == held + awaits, $"{told}: the market holds {(free + locked) * perLot} of {account}/{asset}, the books say {held} and {awaits} awaiting");
            }
        }
    }

    /// <param name="settler">It sees to standing freezes itself, output by output.</param>
    private Refused? Run(Action<Keys> lay, Func<Books, Refused?> decide, bool settler = false)
    {
        var keys = new Keys();
        lay(keys);
        var books = new Books();
        foreach (var key in keys.Holdings) books.Holdings[key] = new(Holding(key.Account, key.Instrument));
        foreach (var account in keys.Funds) books.Funds[account] = new(Fund(account));
        foreach (var trade in keys.Deliveries) books.Deliveries[trade] = new(Deliveries.GetValueOrDefault(trade));
        foreach (var id in keys.Transfers.Where(Transfers.ContainsKey)) books.Transfers[id] = new(Transfers[id]);
        foreach (var freeze in Freezes.Values.Where(f => keys.Freezes.Contains(f.Id) || (StandingFreezes.Stands(f) && keys.Holds(f.Account, f.Instrument)))) books.Freezes[freeze.Id] = new(freeze);
        foreach (var bust in Busts.Values.Where(b => keys.Busts.Contains(b.TradeNo) && b.State is BustState.Asked or BustState.Approved)) books.Busts[bust.TradeNo] = new(bust);
        StandingFreezes.Take(books);
        if (decide(books) is { } refused) return refused;
        if (!settler) StandingFreezes.Take(books);
        foreach (var (key, holding) in books.Holdings) if (holding.Now.Version > 0) Holdings[key] = holding.Now;
        foreach (var (account, fund) in books.Funds) Funds[account] = fund.Now;
        foreach (var (trade, delivery) in books.Deliveries) if (delivery.Now is { } now) Deliveries[trade] = now;
        foreach (var (id, transfer) in books.Transfers) Transfers[id] = transfer.Now;
        foreach (var (id, freeze) in books.Freezes) Freezes[id] = freeze.Now;
        foreach (var (_, bust) in books.Busts) Busts[bust.Now.Id] = bust.Now;
        Entries.AddRange(books.Entries);
        inbox.AddRange(books.ToMarket);
        return null;
    }

    private static void Standing(Keys keys, long tradeNo)
    {
        keys.Deliveries.Add(tradeNo);
        keys.Busts.Add(tradeNo);
    }

    private static Refused? Book(Books books, (Booking? Booking, Refused? Refused) decided)
    {
        if (decided.Booking is not null) books.Book(decided.Booking);
        return decided.Refused;
    }

    private static void Balance(Keys keys, int account, int instrument)
    {
        if (instrument == 0) keys.Funds.Add(account);
        else keys.Holdings.Add(new(account, instrument));
    }

    private static Command Place(int account, int instrument, Side side, long ticks, long lots) =>
        new() { Kind = CommandKind.Place, Account = account, Instrument = instrument, Side = side, Ticks = ticks, Lots = lots, TimeInForce = TimeInForce.Gtc };

    private static Participant Firm(int account, string id, string region) => new(account, id, $"91{region}", id, id, ParticipantKind.Enterprise, region, "Taihu");

    private static Instrument Right(int number, string symbol) =>
        new(number, symbol, symbol, symbol, number == Energy ? RightClass.Energy : RightClass.Pollutant, null, null, null, "t", 3, VenueMode.Operate, null, null);
}

using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Participants;
using Trading.Support;

namespace Trading.Registry.Tests;

/// <summary>
/// Whatever is asked, by several at once: every right is accounted for, no bucket is below zero, what is built anew from the events is what is there, and caps are moved and never made.
/// </summary>
/// <remarks>
/// Failed when a reversal did not count in the supply, when the row of a hold was not written, and when the second county of a move was left out of the fold.
/// </remarks>
[Trait("layer", "integration")]
public sealed class HistoriesOnPostgres(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Accounts = 4;
    private const int Histories = 30;
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Actor Clerk = new("operator", "operator");
    private static readonly string[] Counties = ["320583", "320505", "320412"];
    private House house = null!;
    private int instruments;

    /// <summary>What somebody asks: which verb, of whom, to whom, how much, and which earlier thing it speaks of.</summary>
    private readonly record struct Asked(int Verb, int From, int To, int Units, int About);

    private static readonly Gen<Asked[]> History = Gen.Select(Gen.Int[0, 12], Gen.Int[1, Accounts], Gen.Int[1, Accounts], Gen.Int[1, 60], Gen.Int[0, 11], (v, f, t, u, a) => new Asked(v, f, t, u, a)).Array[20, 60];

    private static readonly Gen<string> County = Gen.Int[0, 2].Select(n => Counties[n]);

    private static readonly Gen<CapEvent[]> CapHistory = Gen.OneOf(
        Gen.Select(County, Gen.Int[0, 3_000], (c, n) => (CapEvent)new CapEvent.LimitSet(c, 2026, n, n / 2, "x")),
        Gen.Select(County, Gen.Int[-300, 900], (c, n) => (CapEvent)new CapEvent.Allocated(c, 2026, 2027, n, "x")),
        Gen.Select(County, Gen.Int[-300, 900], (c, n) => (CapEvent)new CapEvent.Reserved(c, 2026, 2026, n, "x")),
        Gen.Select(County, County, Gen.Int[1, 400], (a, b, n) => (CapEvent)new CapEvent.Moved(a, b, n, 2026, 2028, "x")),
        Gen.Select(County, Gen.Int[1, 500], (c, n) => (CapEvent)new CapEvent.Released(c, 2026, 2027, n, "x")),
        Gen.Select(County, Gen.Int[0, 500], (c, n) => (CapEvent)new CapEvent.Used(c, 2026, n, "x"))).Array[5, 30];

    private IHoldings Holdings => house.The<IHoldings>();
    private Teller Teller => house.The<Teller>();

    public async ValueTask InitializeAsync()
    {
        house = await House.Open();
        for (var n = 1; n <= Accounts; n++) await house.Firm($"firm-{n}");
    }

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task Of_rights_account_for_every_unit()
    {
        var other = house.Another();
        var (done, refused) = (0, 0);
        await History.SampleAsync(async history =>
        {
            var instrument = Interlocked.Increment(ref instruments);
            await house.Right($"COD-{instrument}", RightClass.Pollutant, new(2030, 12, 31));
            for (var n = 1; n <= Accounts; n++) Assert.Null((await Teller.Ask(new Instruction.IssueRight(new(n, instrument), 200, "initial", $"{instrument}-first"), Clerk, Stop)).Refused);
            var there = other.GetRequiredService<Teller>();
            // Five people, two processes, each his own part in his own order.
            await Task.WhenAll(history.Index().GroupBy(a => a.Index % 5).Select(async mine =>
            {
                foreach (var (n, asked) in mine)
                {
                    if (await Ask(n % 2 == 0 ? Teller : there, instrument, asked, n)) Interlocked.Increment(ref done);
                    else Interlocked.Increment(ref refused);
                    if (n % 7 == 0) await house.The<ISerials>().Follow(Stop);
                }
            }));
            await house.The<ISerials>().Follow(Stop);
            await Holds();
            var held = await Task.WhenAll(Enumerable.Range(1, Accounts).Select(async n => (await Holdings.Of(n, Stop)).Where(h => h.Key.Instrument == instrument)));
            var all = held.SelectMany(h => h).ToList();
            Assert.All(all, h => Assert.True((h.Available | h.Earmarked | h.Pledged | h.Frozen | h.Awaiting | h.Held) >= 0, h.ToString()));
            var supply = await house.The<IRegister>().Supply(instrument, Stop);
            Assert.Equal(supply.Issued, all.Sum(h => h.Total) + supply.Surrendered + supply.Cancelled + supply.Retired + supply.Expired + supply.Reversed);
            var blocks = await house.The<ISerials>().Blocks(instrument, null, Stop);
            Assert.Equal(all.ToDictionary(h => h.Key.Account, h => h.Total), all.ToDictionary(h => h.Key.Account, h => blocks.Where(b => b.Account == h.Key.Account).Sum(b => b.Range.Units)));
            Assert.DoesNotContain(blocks.Zip(blocks.Skip(1)), pair => pair.First.Range.Last >= pair.Second.Range.First);
        }, iter: Histories, threads: 1);
        output.WriteLine($"{Histories} histories: {done} done, {refused} refused");
        Assert.True(done > 300 && refused > 100, $"{done} done, {refused} refused");
    }

    [Fact]
    public async Task Of_caps_move_and_never_make()
    {
        var (caps, events, refused) = (house.The<ICaps>(), 0, 0);
        await CapHistory.SampleAsync(async history =>
        {
            var indicator = "cap-" + Interlocked.Increment(ref instruments).ToString(System.Globalization.CultureInfo.InvariantCulture);
            await Task.WhenAll(history.Index().GroupBy(e => e.Index % 4).Select(async mine =>
            {
                foreach (var (_, happened) in mine)
                {
                    await using var connection = await house.Database.OpenConnectionAsync(Stop);
                    await using var transaction = await connection.BeginTransactionAsync(Stop);
                    await using var session = Holdings.Session(connection, transaction, Clerk);
                    if (await caps.Book(session, connection, transaction, [(indicator, happened)], Stop) is not null)
                    {
                        Interlocked.Increment(ref refused);
                        continue;
                    }

                    await transaction.CommitAsync(Stop);
                    Interlocked.Increment(ref events);
                }
            }));
            var now = await caps.Now(null, indicator, null, Stop);
            var anew = await caps.At(indicator, Instant.FromUtc(2100, 1, 1, 0, 0), Stop);
            Assert.Equal(anew.OrderBy(c => (c.Year, c.Region)), now.OrderBy(c => (c.Year, c.Region)));
            Assert.All(now.GroupBy(c => c.Year), year => Assert.Equal(year.Sum(c => c.In), year.Sum(c => c.Out)));
            Assert.All(now, c => Assert.True(c.Unallocated is null or >= 0, c.ToString()));
        }, iter: Histories, threads: 1);
        output.WriteLine($"{Histories} histories of caps: {events} events, {refused} refused");
        Assert.True(events > 100 && refused > 20, $"{events} events, {refused} refused");
    }

    private async Task<bool> Ask(Teller teller, int instrument, Asked asked, int n)
    {
        var (key, operation) = (new HoldingKey(asked.From, instrument), $"{instrument}-{n}");
        // Some keys come twice: the second is heard or refused, and done never twice.
        if (asked.About == 0) operation = $"{instrument}-{n / 2}";
        // What earlier holds are called; most speak of one that is not there.
        var reference = $"{instrument}-{asked.About}";
        Instruction? instruction = asked.Verb switch
        {
            0 => new Instruction.IssueRight(key, asked.Units, "more", operation),
            1 or 2 => new Instruction.HandOver(key, asked.To, asked.Units, "merger", operation),
            3 => new Instruction.HandOver(key, asked.To, asked.Units, "picked", operation, new SerialRange(asked.About * 40 + 1, asked.About * 40 + asked.Units)),
            4 => new Instruction.Replace(key, asked.To, asked.Units, asked.Units / 10, "new", operation),
            5 => new Instruction.Surrender(key, asked.Units, "2025", operation),
            6 => asked.About % 2 == 0 ? new Instruction.Cancel(key, asked.Units, "gift", operation) : new Instruction.Retire(key, asked.Units, "gift", operation),
            7 or 8 => new Instruction.Keep(key, asked.Units, (HoldReason)(1 + (asked.About % 5)), reference, operation),
            9 => new Instruction.LiftHold(key, Math.Max(1, asked.Units / 2), reference, operation),
            10 => new Instruction.Reverse(key, asked.Units, 1, "wrong", operation),
            _ => null,
        };
        if (instruction is not null) return (await teller.Ask(instruction, Clerk, Stop)).Refused is null;
        if (asked.From == asked.To) return false;
        return await Trade(key, new(asked.To, instrument), asked.Units, (instrument * 1_000L) + n);
    }

    /// <summary>As settlement does it: into the market, sold, and with the buyer, in one transaction.</summary>
    private async Task<bool> Trade(HoldingKey seller, HoldingKey buyer, long units, long trade)
    {
        await using var connection = await house.Database.OpenConnectionAsync(Stop);
        await using var transaction = await connection.BeginTransactionAsync(Stop);
        var locked = await Holdings.Lock(connection, transaction, [seller, buyer], Stop);
        var into = Earmark.Decide(locked[seller], units, trade);
        if (into.Refused is not null) return false;
        await using var session = Holdings.Session(connection, transaction, Clerk);
        await Holdings.Book(session, connection, transaction,
            [new(locked[seller], [.. into.Events, new HoldingEvent.Sold(units, trade)]), new(locked[buyer], [new HoldingEvent.Bought(units, trade), new HoldingEvent.Released(units, trade)])], Stop);
        await transaction.CommitAsync(Stop);
        return true;
    }


    private Task Holds() => house.Holds();
}

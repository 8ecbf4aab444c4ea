using CsCheck;
using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Serials;

namespace Trading.Registry.Tests;

/// <summary>R-REG-04, without a database: which numbers go, and that it is the same however the log is cut.</summary>
/// <remarks>Failed when new numbers were drawn in another order than that of the log.</remarks>
public sealed class FollowingSerials
{
    private static readonly Gen<(int Verb, int From, int To, int Units)[]> Wishes = Gen.Select(Gen.Int[0, 5], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 40]).Array[5, 40];

    [Fact]
    public void The_lowest_go_first_and_neighbours_are_one_block()
    {
        var ledger = new SerialLedger(0);
        Assert.True(ledger.Follow([At(1, 1, 1, new HoldingEvent.Issued(1_000, "x")), At(2, 1, 2, new HoldingEvent.Sold(300, 7)), At(3, 2, 1, new HoldingEvent.Bought(300, 7)), At(4, 2, 2, new HoldingEvent.Surrendered(100, "x"))]));
        Assert.Equal([(1, 301L, 1_000L, 0L), (2, 101L, 300L, 0L), (2, 1L, 100L, 2L)], Blocks(ledger));
        Assert.True(ledger.Follow([At(5, 2, 3, new HoldingEvent.TransferredOut(200, 1, "x")), At(6, 1, 3, new HoldingEvent.TransferredIn(200, 2, "x"))]));
        Assert.Equal([(1, 101L, 1_000L, 0L), (2, 1L, 100L, 2L)], Blocks(ledger));
        Assert.Equal([(1L, 100L, 2, null)], ledger.Moves.Where(m => m.To is null).Select(m => (m.Range.First, m.Range.Last, m.From!.Value, m.To)));
    }

    [Fact]
    public void One_who_sells_what_he_just_bought_is_followed_in_whatever_order_the_log_names_them()
    {
        // In one transaction the log lies by account: 1 buys from 3 what 3 buys from 2.
        var ledger = new SerialLedger(0);
        Assert.True(ledger.Follow([At(1, 2, 1, new HoldingEvent.Issued(50, "x")), At(2, 1, 1, new HoldingEvent.Bought(50, 9)), At(3, 2, 2, new HoldingEvent.Sold(50, 8)), At(4, 3, 1, new HoldingEvent.Bought(50, 8)), At(5, 3, 2, new HoldingEvent.Sold(50, 9))]));
        Assert.Equal([(1, 1L, 50L, 0L)], Blocks(ledger));
        Assert.Equal([(null, 2), (2, 3), (3, (int?)1)], ledger.Moves.Select(m => (m.From, m.To)));
    }

    [Fact]
    public void A_log_that_is_cut_inside_a_transaction_says_so() =>
        Assert.False(new SerialLedger(0).Follow([At(1, 1, 1, new HoldingEvent.Issued(50, "x")), At(2, 1, 2, new HoldingEvent.Sold(50, 8))]));

    [Fact]
    public void Wherever_it_is_cut_between_transactions_the_numbers_are_the_same() => Gen.Select(Wishes, Gen.Int[0, 1_000]).Sample((wishes, cut) =>
    {
        var transactions = History(wishes);
        var (whole, first) = (new SerialLedger(0), new SerialLedger(0));
        Assert.True(whole.Follow(transactions.SelectMany(t => t)));
        var at = cut % (transactions.Count + 1);
        Assert.True(first.Follow(transactions.Take(at).SelectMany(t => t)));
        var second = new SerialLedger(first.Issued);
        foreach (var block in first.Blocks) second.Put(block);
        Assert.True(second.Follow(transactions.Skip(at).SelectMany(t => t)));
        Assert.Equal(Blocks(whole), Blocks(second));
    }, iter: 500);

    /// <summary>What can be done of the wishes, each a transaction that lies in the log by account.</summary>
    private static List<List<Logged>> History((int Verb, int From, int To, int Units)[] wishes)
    {
        var (held, version, sequence, all, given) = (new long[4], new long[4], 0L, new List<List<Logged>>(), new List<(int Account, long Version, long Stands)>());
        foreach (var (n, (verb, from, to, units)) in wishes.Index())
        {
            var happened = verb switch
            {
                0 or 1 => [(from, (HoldingEvent)new HoldingEvent.Issued(units, "x"))],
                2 when held[from] >= units => [(from, new HoldingEvent.Surrendered(units, "x"))],
                5 when given.FindIndex(g => g.Account == from && g.Stands >= units) is var g and >= 0 => [(from, new HoldingEvent.SurrenderReversed(units, given[g].Version, "x"))],
                3 or 4 when held[from] >= units && from != to => ((int, HoldingEvent)[])[(from, new HoldingEvent.Sold(units, n)), (to, new HoldingEvent.Bought(units, n))],
                _ => [],
            };
            if (happened.Length == 0) continue;
            held[from] += verb is <= 1 or 5 ? units : -units;
            if (verb == 2) given.Add((from, version[from] + 1, units));
            if (happened[0].Item2 is HoldingEvent.SurrenderReversed back && given.FindIndex(g => g.Account == from && g.Version == back.Surrender) is var at) given[at] = given[at] with { Stands = given[at].Stands - units };
            if (happened.Length == 2) held[to] += units;
            all.Add([.. happened.OrderBy(h => h.Item1).Select(h => At(++sequence, h.Item1, ++version[h.Item1], h.Item2))]);
        }

        return all;
    }

    private static List<(int Account, long First, long Last, long Surrender)> Blocks(SerialLedger ledger) => [.. ledger.Blocks.Select(b => (b.Account, b.Range.First, b.Range.Last, b.Surrender))];

    private static Logged At(long sequence, int account, long version, HoldingEvent happened) => new(sequence, new(account, 1), version, happened, Instant.MinValue);
}

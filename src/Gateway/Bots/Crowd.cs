using Trading.Matching.Core;

namespace Trading.Gateway.Bots;

/// <summary>An order of the crowd that may still rest.</summary>
internal sealed record Quote(string OrderId, int Trader, Side Side, long Ticks);

/// <summary>What the crowd wants done. Trader is an index into its members.</summary>
internal abstract record Wish
{
    public sealed record Order(int Trader, Side Side, long Ticks, long Lots, bool AtOnce) : Wish;

    public sealed record Withdraw(Quote Quote) : Wish;
}

/// <summary>What everyone can see of a book, in ticks and lots, best first.</summary>
internal sealed record Seen(IReadOnlyList<(long Ticks, long Lots)> Bids, IReadOnlyList<(long Ticks, long Lots)> Asks);

/// <param name="Makers">Members 0 … Makers−1 quote, the others take: nobody meets himself.</param>
/// <param name="Gap">Ticks between the crowd's levels; the spread is about twice that.</param>
/// <param name="LotsUsual">Size of a usual order.</param>
internal sealed record Habits(int Makers, int Members, long Gap, long LotsUsual, long Lower, long Upper);

/// <summary>Decides, from what is public and a seed, what the next moment brings. Pure.</summary>
internal static class Crowd
{
    public const int Levels = 8;
    private const int QuotesMost = 60;

    public static IReadOnlyList<Wish> Decide(Mood mood, Habits habits, Seen seen, IReadOnlyList<Quote> quotes, Random chance)
    {
        var wishes = new List<Wish>();
        var fair = mood.FairTicks;
        // What the crowd no longer means is withdrawn first: on the wrong side of fair, or too far out.
        foreach (var quote in quotes)
        {
            var away = quote.Side == Side.Buy ? fair - quote.Ticks : quote.Ticks - fair;
            if (away < -habits.Gap / 2 || away > habits.Gap * (Levels + 4) || (quotes.Count > QuotesMost && chance.Next(6) == 0)) wishes.Add(new Wish.Withdraw(quote));
        }

        foreach (var side in (ReadOnlySpan<Side>)[Side.Buy, Side.Sell])
        {
            var levels = side == Side.Buy ? seen.Bids : seen.Asks;
            var added = 0;
            for (var level = 0; level < Levels && added < 3; level++)
            {
                var ticks = side == Side.Buy ? fair - habits.Gap * (level + 1) + Jitter(habits, chance) : fair + habits.Gap * (level + 1) + Jitter(habits, chance);
                if (ticks < habits.Lower || ticks > habits.Upper) continue;
                var near = levels.Where(l => Math.Abs(l.Ticks - ticks) <= habits.Gap / 2).Sum(l => l.Lots);
                if (near >= habits.LotsUsual * (level + 2) / 2) continue;
                wishes.Add(new Wish.Order(chance.Next(habits.Makers), side, ticks, Size(habits.LotsUsual + habits.LotsUsual * level / 3, chance), AtOnce: false));
                added++;
            }
        }

        // Somebody trades: with the trend more often than against it.
        if (chance.Next(100) < 75 && habits.Members > habits.Makers)
        {
            var buys = chance.Next(1_000) < 500 + mood.Trend / 2;
            var best = buys ? seen.Asks : seen.Bids;
            if (best is [var (ticks, _), ..])
            {
                var reach = ticks + (buys ? 1 : -1) * habits.Gap * chance.Next(3);
                wishes.Add(new Wish.Order(habits.Makers + chance.Next(habits.Members - habits.Makers), buys ? Side.Buy : Side.Sell, Math.Clamp(reach, habits.Lower, habits.Upper), Size(habits.LotsUsual, chance), AtOnce: true));
            }
        }

        return wishes;
    }

    private static long Jitter(Habits habits, Random chance) => habits.Gap >= 3 ? chance.NextInt64(habits.Gap / 3 + 1) : 0;

    /// <summary>Many small ones, few large ones.</summary>
    private static long Size(long usual, Random chance)
    {
        var size = Math.Max(1, usual * (20 + chance.Next(120)) / 100);
        for (var doublings = chance.Next(10); doublings >= 8; doublings--) size *= 2;
        return size;
    }
}

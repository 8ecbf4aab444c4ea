namespace Trading.Gateway.Bots;

/// <summary>How a crowd feels about one instrument: where it thinks the price belongs, and how restless it is. Whole numbers, from a seed alone.</summary>
/// <param name="FairMilliticks">What the crowd holds fair, in thousandths of a tick.</param>
/// <param name="Trend">Drift a step, in thousandths of the step's size.</param>
/// <param name="Nerves">Size of a step, in thousandths of a tick.</param>
/// <param name="StepsLeft">Steps until the mood changes.</param>
internal sealed record Mood(long FairMilliticks, int Trend, long Nerves, int StepsLeft)
{
    private const int PullMillionths = 900;

    public long FairTicks => FairMilliticks / 1_000;

    /// <param name="home">Reference price in ticks: far from it the crowd is pulled back.</param>
    public static Mood Of(long home, Random chance) => new Mood(home * 1_000, 0, 0, 0).Change(home, chance);

    public Mood Next(long home, long lower, long upper, Random chance)
    {
        var mood = StepsLeft > 0 ? this with { StepsLeft = StepsLeft - 1 } : Change(home, chance);
        var step = mood.Nerves * Bell(chance) / 1_000 + mood.Nerves * mood.Trend / 1_000;
        var pull = (home * 1_000 - mood.FairMilliticks) * PullMillionths / 1_000_000;
        return mood with { FairMilliticks = Math.Clamp(mood.FairMilliticks + step + pull, lower * 1_000, upper * 1_000) };
    }

    /// <summary>Calm most of the time, a trend now and then, nervous rarely.</summary>
    private Mood Change(long home, Random chance)
    {
        // Steps in proportion to the price: about a third of a thousandth of it when calm.
        var calm = Math.Max(250, home * 1_000 / 3_000);
        return chance.Next(10) switch
        {
            < 5 => this with { Trend = 0, Nerves = calm, StepsLeft = 60 + chance.Next(120) },
            < 7 => this with { Trend = 350, Nerves = calm, StepsLeft = 30 + chance.Next(80) },
            < 9 => this with { Trend = -350, Nerves = calm, StepsLeft = 30 + chance.Next(80) },
            _ => this with { Trend = 0, Nerves = calm * 3, StepsLeft = 20 + chance.Next(40) },
        };
    }

    /// <summary>Sum of twelve dice less their mean: bell-shaped, in thousandths, mostly within ±2,000.</summary>
    private static int Bell(Random chance)
    {
        var sum = 0;
        for (var i = 0; i < 12; i++) sum += chance.Next(1_000);
        return sum - 6_000 + 6;
    }
}

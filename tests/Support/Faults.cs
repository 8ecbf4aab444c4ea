using System.Globalization;

namespace Trading.Support;

/// <summary>How long an experiment with faults goes on: a few rounds on every change, all of them when faults are what is asked for, or as many as TRADING_FAULTS says.</summary>
public static class Faults
{
    public static int Rounds(int usual, int all) => Environment.GetEnvironmentVariable("TRADING_FAULTS") switch
    {
        null or "" => usual,
        "all" => all,
        var some => Math.Clamp(int.Parse(some, CultureInfo.InvariantCulture), 1, Math.Max(1, all)),
    };
}

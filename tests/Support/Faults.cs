namespace Trading.Support;

/// <summary>How long an experiment with faults goes on: a few rounds on every change, all of them when faults are what is asked for.</summary>
public static class Faults
{
    public static int Rounds(int usual, int all) => Environment.GetEnvironmentVariable("TRADING_FAULTS") == "all" ? all : usual;
}

namespace Trading.Matching.Core;

/// <summary>
/// Client order ids that were heard: while the order lives, and until the end of the next trading day. Ids of orders that died (or were
/// refused) are kept by the day of their death in two generations.
/// </summary>
internal sealed class ClientIds
{
    private readonly record struct Key(int Account, ulong High, ulong Low);

    /// <summary>What was asked under an id, and the sequence of the command that asked first.</summary>
    public readonly record struct Heard(long Sequence, int Instrument, Side Side, OrderType Type, TimeInForce TimeInForce, long Ticks, long Lots)
    {
        public static Heard Of(in Command command, long sequence) =>
            new(sequence, command.Instrument, command.Side, command.Type, command.TimeInForce, command.Ticks, command.Lots);

        public bool SameContent(in Command command) => this with { Sequence = 0 } == Of(in command, 0);
    }

    private readonly Dictionary<Key, Heard> heard = new(1024);
    private List<Key> diedToday = [];
    private List<Key> diedBefore = [];

    /// <summary>Kept up as ids come and go: a dictionary promises no order in which it could be read.</summary>
    private ulong digest;

    public int Count => heard.Count;

    public bool Find(int account, ulong high, ulong low, out Heard found) => heard.TryGetValue(new(account, high, low), out found);

    public void Remember(in Command command, long sequence)
    {
        var key = new Key(command.Account, command.ClientHigh, command.ClientLow);
        var asked = Heard.Of(in command, sequence);
        heard.Add(key, asked);
        digest = unchecked(digest + Of(key, asked));
    }

    public void Died(int account, ulong high, ulong low)
    {
        if ((high | low) != 0) diedToday.Add(new(account, high, low));
    }

    public void DayEnded()
    {
        foreach (var key in diedBefore)
        {
            heard.Remove(key, out var asked);
            digest = unchecked(digest - Of(key, asked));
        }

        diedBefore.Clear();
        (diedToday, diedBefore) = (diedBefore, diedToday);
    }

    /// <summary>Everything that is remembered and when it will be forgotten, for the market's fingerprint.</summary>
    public void AddTo(ref Mix mix)
    {
        mix.Add((long)heard.Count);
        mix.Add(digest);
        foreach (var died in (ReadOnlySpan<List<Key>>)[diedBefore, diedToday])
        {
            mix.Add((long)died.Count);
            foreach (var key in died)
            {
                mix.Add((long)key.Account);
                mix.Add(key.High);
                mix.Add(key.Low);
            }
        }
    }

    private static ulong Of(Key key, Heard asked)
    {
        var mix = new Mix();
        mix.Add((long)key.Account);
        mix.Add(key.High);
        mix.Add(key.Low);
        foreach (var word in (ReadOnlySpan<long>)[
                     asked.Sequence, asked.Instrument, (long)asked.Side, (long)asked.Type, (long)asked.TimeInForce, asked.Ticks, asked.Lots]) mix.Add(word);
        return mix.Value;
    }
}

/// <summary>A plain 64-bit mix (FNV-1a over words): the same on every machine, and no secret.</summary>
internal struct Mix()
{
    public ulong Value { get; private set; } = 14_695_981_039_346_656_037;

    public void Add(ulong word)
    {
        unchecked
        {
            Value = (Value ^ word) * 1_099_511_628_211;
            Value ^= Value >> 29;
        }
    }

    public void Add(long word)
    {
        unchecked
        {
            Add((ulong)word);
        }
    }
}

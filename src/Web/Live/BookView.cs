using System.Globalization;
using System.Text;

namespace Trading.Web.Live;

public sealed record Level(string Price, string Quantity, int Orders)
{
    public decimal Value { get; } = decimal.Parse(Price, CultureInfo.InvariantCulture);

    public decimal Lots { get; } = decimal.Parse(Quantity, CultureInfo.InvariantCulture);
}

public enum Applied
{
    Well = 1,
    /// <summary>A frame does not follow what is here: follow again from <see cref="BookView.Sequence"/>.</summary>
    Gap = 2,
    /// <summary>The book here is not the server's: begin anew.</summary>
    Different = 3,
}

/// <summary>One instrument's book as this page knows it. Pure: frames in, levels out (docs/protocol.md).</summary>
public sealed class BookView
{
    private const int TapeMost = 60;
    private const int ChecksumLevels = 10;
    private readonly SortedDictionary<decimal, Level> bids = new(Comparer<decimal>.Create((a, b) => b.CompareTo(a)));
    private readonly SortedDictionary<decimal, Level> asks = [];
    private readonly LinkedList<PublicTrade> tape = new();

    public long Sequence { get; private set; }

    /// <summary>The whole book has come once: an empty one is empty, and not only unread.</summary>
    public bool Known { get; private set; }

    /// <summary>Older trades have been read.</summary>
    public bool Seeded { get; private set; }

    public string? Phase { get; private set; }

    public string? Last { get; private set; }

    public DateTimeOffset? At { get; private set; }

    public IEnumerable<Level> Bids => bids.Values;

    public IEnumerable<Level> Asks => asks.Values;

    /// <summary>Newest first.</summary>
    public IEnumerable<PublicTrade> Tape => tape;

    /// <summary>Older trades, read by REST; what is known already is not told twice.</summary>
    public void Seed(IEnumerable<PublicTrade> newestFirst)
    {
        Seeded = true;
        var known = tape.Select(t => t.TradeNo).ToHashSet(StringComparer.Ordinal);
        foreach (var trade in newestFirst.Where(t => !known.Contains(t.TradeNo)).Take(TapeMost - tape.Count)) tape.AddLast(trade);
        Last ??= tape.First?.Value.Price;
    }

    public Applied Apply(IEnumerable<Frame> frames, Action<PublicTrade>? traded = null)
    {
        foreach (var frame in frames)
        {
            if (frame.Type == "snapshot")
            {
                bids.Clear();
                asks.Clear();
                Known = true;
                (Phase, Last) = (frame.Phase ?? Phase, frame.Last ?? Last);
            }
            else if (frame.Sequence <= Sequence)
            {
                continue;
            }
            else if (frame.PreviousSequence != Sequence)
            {
                return Applied.Gap;
            }

            Sequence = frame.Sequence;
            At = frame.At ?? At;
            switch (frame.Type)
            {
                case "trade":
                    var trade = new PublicTrade(frame.TradeNo!, frame.Price!, frame.Quantity!, frame.Amount ?? "0", frame.Aggressor ?? "", frame.At ?? default);
                    tape.AddFirst(trade);
                    if (tape.Count > TapeMost) tape.RemoveLast();
                    // What two agreed on moves no price of the market.
                    if (!frame.Negotiated) Last = frame.Price;
                    traded?.Invoke(trade);
                    break;
                case "bust":
                    for (var node = tape.First; node is not null; node = node.Next)
                    {
                        if (node.Value.TradeNo == frame.TradeNo) node.Value = node.Value with { BustedAt = frame.At };
                    }

                    break;
                // An uncrossing lasts no time: what comes after it is said, or is what was before.
                case "phase" when frame.Phase != "uncross":
                    Phase = frame.Phase;
                    break;
            }

            Set(bids, frame.Bids);
            Set(asks, frame.Asks);
            if (frame.Checksum is { } sum && sum != Checksum())
            {
                Sequence = 0;
                return Applied.Different;
            }
        }

        return Applied.Well;
    }

    public uint Checksum() => Crc32.Of(Encoding.UTF8.GetBytes(string.Join('|', bids.Values.Take(ChecksumLevels).Concat(asks.Values.Take(ChecksumLevels)).Select(l => l.Price + ":" + l.Quantity))));

    private static void Set(SortedDictionary<decimal, Level> side, System.Text.Json.JsonElement[][]? changes)
    {
        foreach (var change in changes ?? [])
        {
            var level = new Level(change[0].GetString()!, change[1].GetString()!, change[2].GetInt32());
            if (level.Lots == 0) side.Remove(level.Value);
            else side[level.Value] = level;
        }
    }
}

/// <summary>CRC-32 (IEEE 802.3).</summary>
internal static class Crc32
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(n =>
    {
        var c = (uint)n;
        for (var k = 0; k < 8; k++) c = (c & 1) != 0 ? (c >> 1) ^ 0xEDB88320u : c >> 1;
        return c;
    })];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var c = 0xFFFFFFFFu;
        foreach (var b in bytes) c = Table[(c ^ b) & 0xFF] ^ (c >> 8);
        return c ^ 0xFFFFFFFFu;
    }
}

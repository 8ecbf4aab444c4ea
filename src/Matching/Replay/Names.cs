namespace Trading.Matching.Replay;

/// <summary>Dense numbers of names, from 1 in the order of their first mention; each name also as it stands in JSON.</summary>
internal sealed class Names
{
    private readonly Dictionary<byte[], int> numbers = new(Utf8Comparer.Instance);
    private readonly List<(string Text, byte[] Json)> names = [("", [])];
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> byText;

    public Names() => byText = numbers.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => names.Count - 1;

    /// <summary>0 = never mentioned.</summary>
    public int Find(ReadOnlySpan<byte> name) => byText.TryGetValue(name, out var number) ? number : 0;

    public int Of(ReadOnlySpan<byte> name)
    {
        if (byText.TryGetValue(name, out var number)) return number;
        number = names.Count;
        names.Add((System.Text.Encoding.UTF8.GetString(name), EventWriter.Quoted(name)));
        byText[name] = number;
        return number;
    }

    public ReadOnlySpan<byte> Json(int number) => names[number].Json;

    public string Text(int number) => names[number].Text;

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        /// <summary>Nothing enumerates by it, so nothing that is written depends on it.</summary>
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}

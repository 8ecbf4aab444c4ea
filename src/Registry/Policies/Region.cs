namespace Trading.Registry.Policies;

/// <summary>GB/T 2260: two digits for the province, two for the prefecture, two for the county; zeros stand for all of it.</summary>
internal static class Region
{
    public static bool Lies(string county, string region) => county.StartsWith(Significant(region), StringComparison.Ordinal);

    public static string Prefecture(string county) => county[..4] + "00";

    private static string Significant(string region) =>
        region.EndsWith("0000", StringComparison.Ordinal) ? region[..2] : region.EndsWith("00", StringComparison.Ordinal) ? region[..4] : region;
}

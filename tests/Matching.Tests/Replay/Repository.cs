using System.Reflection;

namespace Trading.Matching.Tests.Replay;

/// <summary>Where the files lie that tests read as people do.</summary>
internal static class Repository
{
    public static readonly string Root = Path.GetFullPath(typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Root").Value!);
    public static readonly string Files = Path.Combine(Root, "tests/Matching.Tests/Replay/files");

    /// <summary>Names of the replay files, without what follows the first point.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Files, "*.jsonl").Select(f => Path.GetFileName(f).Split('.')[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    public static string In(string name) => File.ReadAllText(Path.Combine(Files, name + ".jsonl"));

    public static string Out(string name) => File.ReadAllText(Path.Combine(Files, name + ".out.jsonl"));
}

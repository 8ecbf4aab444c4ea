using Trading.Matching.Contracts;

namespace Trading.Gateway.Cli;

/// <summary>Opens the two ends of a replay; `-` is standard input or output.</summary>
internal static class Replaying
{
    public static async Task<int> Run(string from, string to)
    {
        MalformedLine? malformed;
        try
        {
            if (from != "-" && to != "-" && Path.GetFullPath(from) == Path.GetFullPath(to)) throw new UsageException("--in and --out are the same file");
            await using var input = from == "-" ? Console.OpenStandardInput() : File.OpenRead(from);
            await using var output = to == "-" ? Console.OpenStandardOutput() : File.Create(to);
            malformed = ReplayFile.Run(input, output);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(closed.Message);
        }

        if (malformed is null) return 0;
        await Console.Error.WriteLineAsync($"trading: {(from == "-" ? "standard input" : from)}: line {malformed.Line}, column {malformed.Column}: {malformed.What}");
        return Verbs.Misused;
    }
}

using System.CommandLine;
using Trading.Embedded;

namespace Trading.Gateway.Cli;

/// <summary>The command line: what each verb takes, and where it is carried out.</summary>
internal static class Verbs
{
    /// <summary>Wrong use, or something that a person must bring first.</summary>
    public const int Misused = 2;

    public static RootCommand Root()
    {
        var data = new Option<string>("--data") { Description = "folder of the server's data", DefaultValueFactory = _ => Folder.Usual };
        var postgres = new Option<string?>("--postgres") { Description = "connection string of a PostgreSQL to use instead of the private one" };
        var urls = new Option<string>("--urls") { Description = "address to listen on", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var demo = new Option<bool>("--demo") { Description = "load the demo province into an empty store; loopback only" };
        var bots = new Option<bool>("--bots") { Description = "with --demo: seeded participants trade through the public API until the server stops" };
        var seed = new Option<int>("--seed") { Description = "seed of the bots' moods", DefaultValueFactory = _ => 1 };
        var rabbitmq = new Option<string?>("--rabbitmq") { Description = "amqp address of a RabbitMQ that carries messages and the market feed between processes" };
        var ahead = new Option<int>("--days-ahead") { Description = "with --demo: the exchange's clock runs so many days ahead, to show deadlines and expiry" };
        var dryRun = new Option<bool>("--dry-run") { Description = "check every cell and change nothing" };
        var kind = new Argument<string>("KIND") { Description = "rules (a folder), participants, standings, instruments, listings, allocations, funds, users or readings" };
        var file = new Argument<string>("FILE") { Description = "CSV or XLSX; of rules a folder of JSON" };
        var from = new Option<string>("--in") { Description = "the market as JSON lines; - is standard input", Required = true };
        var to = new Option<string>("--out") { Description = "what happened, as JSON lines; - is standard output", Required = true };
        var serve = new Command("serve", "run the exchange") { data, urls, demo, bots, seed, ahead, postgres, rabbitmq };
        serve.SetAction((parsed, stop) => Clearly(() => Serve.Run(new(parsed.GetValue(data)!, parsed.GetValue(urls)!, parsed.GetValue(demo), parsed.GetValue(postgres), parsed.GetValue(bots), parsed.GetValue(seed), Broker(parsed.GetValue(rabbitmq)), DaysAhead: parsed.GetValue(ahead)), stop)));
        var verify = new Command("verify", "check the audit chain and the invariants") { data, postgres };
        verify.SetAction((parsed, stop) => Clearly(() => Verify.Run(parsed.GetValue(data)!, parsed.GetValue(postgres), stop)));
        var import = new Command("import", "read rules, participants, instruments, allocations … from a file") { kind, file, data, postgres, dryRun };
        import.SetAction((parsed, stop) => Clearly(() =>
            Importing.Run(parsed.GetValue(kind)!, parsed.GetValue(file)!, parsed.GetValue(dryRun), parsed.GetValue(data)!, parsed.GetValue(postgres), stop)));
        var replay = new Command("replay", "run a market from a file on the core that serves live") { from, to };
        replay.SetAction((parsed, _) => Clearly(() => Replaying.Run(parsed.GetValue(from)!, parsed.GetValue(to)!)));
        return new RootCommand("the exchange for environmental rights") { serve, replay, verify, import };
    }

    private static Uri? Broker(string? address)
    {
        if (address is null) return null;
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps" ? uri : throw new UsageException($"--rabbitmq {address} is no amqp address");
    }

    /// <summary>What a person can mend is one sentence, not a stack.</summary>
    private static async Task<int> Clearly(Func<Task<int>> verb)
    {
        try
        {
            return await verb();
        }
        catch (Exception mendable) when (mendable is EmbeddedPostgresException or DataInUseException or UsageException)
        {
            await Console.Error.WriteLineAsync($"trading: {mendable.Message}");
            return Misused;
        }
        catch (Npgsql.NpgsqlException database)
        {
            await Console.Error.WriteLineAsync($"trading: PostgreSQL does not answer: {database.Message}");
            return Misused;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // A port, a disk or a file that is not ours to use.
            await Console.Error.WriteLineAsync($"trading: {closed.Message}");
            return Misused;
        }
    }
}

/// <summary>The command line asks for what cannot be; the message says what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);

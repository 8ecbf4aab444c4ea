using DbUp;
using Npgsql;
using System.Reflection;
using Trading.Embedded;
using Trading.Matching;
using Trading.Registry;
using Trading.Settlement;

namespace Trading.Gateway.Cli;

/// <summary>The database of a verb: the private one beside the data (started, or the one that a running server has), or a named one.</summary>
internal sealed class Store : IAsyncDisposable
{
    private const int SaidEvery = 10;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private readonly EmbeddedPostgres? own;

    private Store(string connectionString, EmbeddedPostgres? own) => (ConnectionString, this.own) = (connectionString, own);

    public string ConnectionString { get; }

    public static async Task<Store> Open(string data, string? postgres, bool besideAServer, CancellationToken stop)
    {
        if (postgres is not null)
        {
            var named = Named(postgres);
            await Awake(named, stop);
            return new(named, null);
        }

        if (besideAServer && await EmbeddedPostgres.Running(data, stop) is { } running) return new(running, null);
        if (besideAServer && !EmbeddedPostgres.Holds(data)) throw new UsageException($"there is no store in {Path.GetFullPath(data)}; name the folder that was given to serve with --data");
        var embedded = await EmbeddedPostgres.Start(data, said => Console.WriteLine($"trading: {said}"), stop);
        return new(embedded.ConnectionString, embedded);
    }

    /// <summary>For who only reads: nothing is made and nothing is brought to another version.</summary>
    /// <exception cref="UsageException">There is a database, and no exchange in it.</exception>
    public async Task Expect(CancellationToken stop)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var look = database.CreateCommand("select to_regclass('matching.batches') is not null and to_regclass('gateway.users') is not null");
        if (await look.ExecuteScalarAsync(stop) is not true) throw new UsageException("there is no exchange in this database yet; serve makes one");
    }

    public async Task Upgrade()
    {
        MatchingSchema.Upgrade(ConnectionString);
        await RegistrySchema.Upgrade(ConnectionString);
        SettlementSchema.Upgrade(ConnectionString);
        var result = DeployChanges.To.PostgresqlDatabase(ConnectionString)
            .JournalToPostgresqlTable("public", "schema_versions")
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly())
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build().PerformUpgrade();
        if (!result.Successful) throw new InvalidOperationException($"script {result.ErrorScript?.Name} failed: {result.Error.Message}", result.Error);
    }

    public ValueTask DisposeAsync() => own?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A PostgreSQL that starts or recovers is there and comes: waited for, with a line now and then. One that is not there fails at once.</summary>
    private static async Task Awake(string postgres, CancellationToken stop)
    {
        for (var waits = 0; ; waits++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(postgres);
                await connection.OpenAsync(stop);
                return;
            }
            catch (PostgresException notYet) when (notYet.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                if (waits % SaidEvery == 0) Console.WriteLine($"trading: waiting for PostgreSQL: {notYet.MessageText}");
                await Task.Delay(Again, stop);
            }
        }
    }

    private static string Named(string postgres)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(postgres).ConnectionString;
        }
        catch (ArgumentException wrong)
        {
            throw new UsageException($"--postgres is no connection string: {wrong.Message}");
        }
    }
}

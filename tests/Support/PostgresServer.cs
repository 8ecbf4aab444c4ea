using Npgsql;
using Testcontainers.PostgreSql;
using Trading.Embedded;

namespace Trading.Support;

/// <summary>
/// One real PostgreSQL for a whole test process: a container where a Docker engine answers, else the machine's own, started privately in a
/// folder of its own. The choice is printed once. Every test takes a fresh database.
/// </summary>
public sealed class PostgresServer
{
    private const string Image = "postgres:17";
    private static readonly Lazy<Task<PostgresServer>> One = new(Start);

    private readonly string connectionString;
    private int databases;

    private PostgresServer(string connectionString) => this.connectionString = connectionString;

    public static Task<PostgresServer> Shared() => One.Value;

    /// <returns>Connection string of a new, empty database.</returns>
    public async Task<string> CreateDatabase(string prefix)
    {
        var name = $"{prefix}_{Interlocked.Increment(ref databases)}";
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"create database \"{name}\"", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(connectionString) { Database = name, MaxPoolSize = 40 }.ConnectionString;
    }

    private static async Task<PostgresServer> Start()
    {
        if (File.Exists("/var/run/docker.sock") || Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
        {
            Console.WriteLine($"PostgreSQL for tests: a container of {Image}");
            var container = new PostgreSqlBuilder(Image).Build();
            await container.StartAsync();
            return new(container.GetConnectionString());
        }

        var folder = Directory.CreateTempSubdirectory("trading-tests-").FullName;
        var postgres = await EmbeddedPostgres.Start(folder, _ => { }, CancellationToken.None);
        Console.WriteLine("PostgreSQL for tests: the machine's own, started privately (no Docker engine answers)");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            postgres.Abandon().AsTask().Wait(TimeSpan.FromSeconds(30));
            Directory.Delete(folder, recursive: true);
        };
        return new(postgres.ConnectionString);
    }
}

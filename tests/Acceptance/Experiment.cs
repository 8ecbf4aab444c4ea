using System.Diagnostics;
using Npgsql;
using Trading.Embedded;
using Trading.Support.Between;

namespace Trading.Acceptance;

/// <summary>
/// What every experiment on settlement has: a PostgreSQL of its own, which it may trouble as it likes, and the question that is asked of the books in the end.
/// </summary>
public abstract class Experiment : IAsyncLifetime
{
    private static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("trading-faults-").FullName;
    private EmbeddedPostgres postgres = null!;

    /// <summary>The way to the database that no fault stands in.</summary>
    private protected string Database => postgres.ConnectionString;

    private protected int Port => new NpgsqlConnectionStringBuilder(Database).Port;

    private protected string Name => new NpgsqlConnectionStringBuilder(Database).Database!;

    public virtual async ValueTask InitializeAsync() => postgres = await EmbeddedPostgres.Start(folder, _ => { }, CancellationToken.None);

    public virtual async ValueTask DisposeAsync()
    {
        await postgres.Abandon();
        Directory.Delete(folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected string Through(Proxy proxy) => new NpgsqlConnectionStringBuilder(Database) { Port = proxy.Port }.ConnectionString;

    /// <summary>Each trade is settled, nobody saw half of one, and `verify` finds nothing. Ends the server.</summary>
    private protected async Task Whole(Exchange exchange, Reader reader, string what)
    {
        var watch = Stopwatch.StartNew();
        await Until("entries of the journal are not settled", "select (select max(first_sequence + count - 1) from matching.batches) - (select sequence from settlement.positions where reader = 'settler')", exchange);
        var (looks, half) = await reader.End();
        var trades = await Scalar("select count(*) from settlement.deliveries");
        await exchange.Stop();
        var (exit, said) = await Exchange.Run("verify", "--postgres", Database);
        Console.WriteLine($"{what}: {trades} trades, each settled once within {watch.Elapsed.TotalSeconds:0.0} s of the end, half trades seen {half.Count} in {looks} looks, verify {exit}");
        Assert.Empty(half);
        Assert.True(exit == 0, said);
        Assert.True(trades > 20 && looks > 20, "too little was in flight to show anything");
    }

    /// <summary>Whoever is to hear of a delivery has heard of it.</summary>
    private protected Task Told(Exchange exchange) => Until("deliveries are not told", "select count(*) from settlement.deliveries where announced < version", exchange);

    private async Task Until(string what, string none, Exchange exchange)
    {
        var watch = Stopwatch.StartNew();
        while (await Scalar(none) is > 0 and var left)
        {
            Assert.True(watch.Elapsed < SettledWithin, $"{left} {what} after {watch.Elapsed.TotalSeconds:0} s\n{exchange.Said}");
            await Task.Delay(100);
        }
    }

    /// <returns>1: it had ended, as it may, and was started again.</returns>
    private protected static async Task<int> Up(Exchange exchange)
    {
        // A server that is about to end has a moment for it.
        await Task.Delay(TimeSpan.FromSeconds(1));
        if (!exchange.HasExited)
        {
            try
            {
                await exchange.Leads();
                return 0;
            }
            catch (InvalidOperationException) when (exchange.HasExited)
            {
                // It ended while we looked.
            }
        }

        await exchange.StartAndStartAgain();
        return 1;
    }

    private protected async Task<long> Scalar(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand(sql, connection) { CommandTimeout = 60 };
        return (long)(await select.ExecuteScalarAsync())!;
    }

    private protected async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

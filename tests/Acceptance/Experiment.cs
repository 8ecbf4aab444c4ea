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
    /// <summary>How many entries of the journal the settler has before it.</summary>
    private protected const string Unsettled = "select (select max(first_sequence + count - 1) from matching.batches) - (select sequence from settlement.positions where reader = 'settler')";
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
        await Settled(exchange);
        var (looks, half) = await reader.End();
        var trades = await Scalar("select count(*) from settlement.deliveries");
        await exchange.Stop();
        var (exit, said) = await Exchange.Run("verify", "--postgres", Database);
        Console.WriteLine($"{what}: {trades} trades, each settled once within {watch.Elapsed.TotalSeconds:0.0} s of the end, half trades seen {half.Count} in {looks} looks, verify {exit}");
        Assert.Empty(half);
        Assert.True(exit == 0, said);
        Assert.True(trades > 20 && looks > 20, "too little was in flight to show anything");
    }

    /// <summary>The county confirms what lies on its desk, until nothing does; then whoever is to hear of a trade has heard of it, and of nothing that is not so.</summary>
    private protected async Task Told(Exchange exchange)
    {
        var county = await Client.SignIn(exchange, "kunshan");
        do await Until("deliveries are not told", "select count(*) from settlement.deliveries where announced < version", exchange);
        while (await Load.Approve(county) > 0);
        // Once for each account is the key's; that the last word is there, and none is wrong, is not. What was confirmed last is carried out meanwhile, and told.
        await Until("were told what is not, or not told",
            "select count(*) from settlement.deliveries d where announced <> version or (select count(*) from settlement.notices n where n.trade_no = d.trade_no and n.version = d.version and n.state = d.state and n.account in (d.buyer, d.seller)) <> 2", exchange);
        // Whoever was told Settled or Unwound is told nothing else after it, and nobody hears of what is not yet.
        await None("notices are of no state that the trade was in", "select count(*) from settlement.notices n join settlement.deliveries d using (trade_no) where n.version > d.version or (n.version < d.version and n.state in (4, 5))");
        await None("trades that a county confirms never lay on a desk",
            $"select count(*) from settlement.deliveries d join registry.instruments i on i.number = d.instrument where i.symbol = '{Load.Conditional}' and not exists (select 1 from settlement.desk where desk.trade_no = d.trade_no)");
        async Task None(string what, string sql) => Assert.Equal((0, what), (await Scalar(sql), what));
    }

    /// <summary>The books have come as far as the journal.</summary>
    private protected Task Settled(Exchange exchange) => Until("entries of the journal are not settled", Unsettled, exchange);

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

using Npgsql;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>A hand on the database itself: one balance, one byte of a batch, one delivery. Each is found and its row is named.</summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class Tampering : IAsyncLifetime
{
    private Exchange exchange = null!;
    private string database = null!;

    public async ValueTask InitializeAsync()
    {
        var postgres = await PostgresServer.Shared();
        database = await postgres.CreateDatabase("tampering");
        exchange = await Exchange.Open("--postgres", database);
        var (steel, textile) = (await Client.SignIn(exchange, "steel"), await Client.SignIn(exchange, "textile"));
        await steel.Earmark("CEA-2025", "10");
        await textile.EarmarkMoney("5000.00");
        var price = (await steel.Get("/api/v1/instruments/CEA-2025")).Word("reference");
        await steel.Order("t-1", "CEA-2025", "sell", price, "10");
        await textile.Order("t-2", "CEA-2025", "buy", price, "10");
        await Client.Eventually(() => textile.Get("/api/v1/account/settlements"), r => r["items"].AsArray().Count == 1, r => r.Text);
        await exchange.Stop();
    }

    public ValueTask DisposeAsync() => exchange.DisposeAsync();

    [Fact]
    public async Task Is_found_and_its_row_is_named()
    {
        var (clean, said) = await exchange.Verify();
        Assert.True(clean == 0, said);
        await Found("update registry.holdings set available = available + 1 where account = 1 and instrument = 1",
            "update registry.holdings set available = available - 1 where account = 1 and instrument = 1", "account=1", "instrument=1");
        await Found("update matching.batches set commands = set_byte(commands, 20, get_byte(commands, 20) # 1) where first_sequence = 1",
            "update matching.batches set commands = set_byte(commands, 20, get_byte(commands, 20) # 1) where first_sequence = 1", "first_sequence=1");
        await Found("update settlement.deliveries set amount = amount + 1 where trade_no = 1",
            "update settlement.deliveries set amount = amount - 1 where trade_no = 1", "trade_no=1");
        var (again, after) = await exchange.Verify();
        Assert.True(again == 0, after);
    }

    private async Task Found(string change, string back, params string[] named)
    {
        Assert.Equal(1, await Execute(change));
        var (exit, said) = await exchange.Verify();
        Assert.True(exit == 1, $"{change} was not found:\n{said}");
        foreach (var name in named) Assert.Contains(name, said, StringComparison.Ordinal);
        Assert.Equal(1, await Execute(back));
    }

    private async Task<int> Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteNonQueryAsync();
    }
}

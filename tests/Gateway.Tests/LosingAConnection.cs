using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;
using Trading.Gateway.Cli;
using Trading.Gateway.Live;
using Trading.Matching;
using Trading.Matching.Contracts;
using Trading.Support;

namespace Trading.Gateway.Tests;

/// <summary>Each watched connection that is lost stages one Disconnect, whoever notices it and however often.</summary>
[Trait("layer", "integration")]
public sealed class LosingAConnection : IAsyncLifetime
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private NpgsqlDataSource database = null!;
    private ServiceProvider services = null!;

    public async ValueTask InitializeAsync()
    {
        var connection = await (await PostgresServer.Shared()).CreateDatabase("watch");
        await using (var store = await Store.Open("unused", connection, besideAServer: false, Stop)) await store.Upgrade();
        database = NpgsqlDataSource.Create(connection);
        services = new ServiceCollection().AddSingleton(database).AddSingleton<IClock>(SystemTime.Clock).AddMatchingReading("watching").BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    // Fails where Fire reads the row and leaves it: sixteen notices are then sixteen Disconnects.
    [Fact]
    public async Task Fires_once_however_often_it_is_noticed()
    {
        using var watch = Watch();
        await watch.Watch("one", 7, Stop);
        await watch.Watch("other", 7, Stop);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => watch.Lost("one"), Stop)));
        Assert.Equal([7], await Disconnected());
        await watch.Lost("other");
        Assert.Equal([7, 7], await Disconnected());
        await watch.Lost("never watched");
        Assert.Equal([7, 7], await Disconnected());
    }

    // Fails where Forget does nothing.
    [Fact]
    public async Task Fires_nothing_when_it_was_called_off()
    {
        using var watch = Watch();
        await watch.Watch("one", 7, Stop);
        await watch.Forget("one", Stop);
        await watch.Lost("one");
        Assert.Empty(await Disconnected());
    }

    // Fails where Look does not say that ours are here.
    [Fact]
    public async Task Is_noticed_by_others_when_its_process_died()
    {
        using var dead = Watch();
        using var lives = Watch();
        await dead.Watch("of the dead", 7, Stop);
        await lives.Watch("of the living", 8, Stop);
        await Execute("update gateway.watched_connections set seen_at = seen_at - interval '1 minute'");
        await lives.Look(Stop);
        Assert.Equal([7], await Disconnected());
        await lives.Look(Stop);
        Assert.Equal([7], await Disconnected());
    }

    // Fails where Lost does not remember what it could not write.
    [Fact]
    public async Task Is_tried_again_when_the_store_answers_again()
    {
        using var watch = Watch();
        await watch.Watch("one", 7, Stop);
        await Execute("alter table gateway.watched_connections rename to elsewhere");
        await watch.Lost("one");
        await Assert.ThrowsAsync<PostgresException>(() => watch.Again(Stop));
        await Execute("alter table gateway.elsewhere rename to watched_connections");
        await watch.Again(Stop);
        await watch.Again(Stop);
        Assert.Equal([7], await Disconnected());
    }

    private ConnectionWatch Watch() => new(database, services.GetRequiredService<IMarketInbox>(), NullLogger<ConnectionWatch>.Instance);

    private async Task<IReadOnlyList<int>> Disconnected()
    {
        await using var select = database.CreateCommand("select get_byte(command, 16) from matching.inbox where get_byte(command, 0) = 21 order by id");
        await using var rows = await select.ExecuteReaderAsync(Stop);
        var accounts = new List<int>();
        while (await rows.ReadAsync(Stop)) accounts.Add(rows.GetInt32(0));
        return accounts;
    }

    private async Task Execute(string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}

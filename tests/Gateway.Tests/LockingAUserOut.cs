using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Gateway.Cli;
using Trading.Gateway.Identity;
using Trading.Support;

namespace Trading.Gateway.Tests;

[Trait("layer", "integration")]
public sealed class LockingAUserOut
{
    [Fact]
    public async Task Is_forgotten_when_the_lock_ends()
    {
        var stop = TestContext.Current.CancellationToken;
        var connection = await (await PostgresServer.Shared()).CreateDatabase("users");
        await using (var store = await Store.Open("unused", connection, besideAServer: false, stop)) await store.Upgrade();
        await using var database = NpgsqlDataSource.Create(connection);
        using var desk = new PasswordDesk();
        var clock = new FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30));
        var users = new Users(database, clock, desk);
        Assert.Null(await users.Add(new("watch", Roles.Regulator, null), "a long enough one", stop));
        for (var i = 0; i < 8; i++) Assert.Null(await users.SignIn("watch", "guess", stop));
        Assert.Null(await users.SignIn("watch", "a long enough one", stop));
        clock.AdvanceMinutes(6);
        // One more guess is one, not the ninth: the right word is still heard.
        Assert.Null(await users.SignIn("watch", "guess", stop));
        Assert.NotNull(await users.SignIn("watch", "a long enough one", stop));
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Gateway.Live;

/// <summary>
/// Cancel on disconnect. A watched connection is a row; its loss takes the row away and stages the Disconnect in one transaction, so that it fires once however
/// often its loss is noticed, and waits in the inbox while no market leads. A process that dies leaves its rows, and whoever looks next finds nobody sees them.
/// </summary>
internal sealed partial class ConnectionWatch(NpgsqlDataSource database, IMarketInbox inbox, ILogger<ConnectionWatch> log) : BackgroundService
{
    /// <summary>By the database's clock: a process that could not say for so long that it is there has no live connection either.</summary>
    internal static readonly Duration LostAfter = Duration.FromSeconds(20);
    private static readonly Duration LookEvery = Duration.FromSeconds(1);
    private static readonly Duration SeeEvery = Duration.FromSeconds(5);

    private readonly string holder = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
    /// <summary>Lost while the store did not answer.</summary>
    private readonly ConcurrentDictionary<string, bool> lost = new(StringComparer.Ordinal);

    public async Task Watch(string connection, int account, CancellationToken stop)
    {
        await using var insert = database.CreateCommand("insert into gateway.watched_connections (connection, account, holder) values ($1, $2, $3) on conflict do nothing");
        foreach (var value in (ReadOnlySpan<object>)[connection, account, holder]) insert.Parameters.Add(new() { Value = value });
        await insert.ExecuteNonQueryAsync(stop);
    }

    public async Task Forget(string connection, CancellationToken stop)
    {
        await using var delete = database.CreateCommand("delete from gateway.watched_connections where connection = $1");
        delete.Parameters.Add(new() { Value = connection });
        await delete.ExecuteNonQueryAsync(stop);
    }

    /// <summary>The connection is gone: at once, or as soon as the store answers again.</summary>
    public async Task Lost(string connection)
    {
        lost[connection] = true;
        try
        {
            await Fire("connection = any($1)", new[] { connection }, CancellationToken.None);
            lost.TryRemove(connection, out _);
        }
        catch (Exception failed) when (failed is NpgsqlException or IOException or TimeoutException or ObjectDisposedException)
        {
            Failed(log, failed.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var seen = Duration.Zero;
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Again(stoppingToken);
                if (Duration.FromTimeSpan(since.Elapsed) >= seen)
                {
                    await Look(stoppingToken);
                    seen = Duration.FromTimeSpan(since.Elapsed) + SeeEvery;
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // What is lost stays lost, in memory or as a row: it is tried again.
                Failed(log, failed.Message);
            }

            await Task.Delay(LookEvery.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What was lost while the store did not answer.</summary>
    internal async Task Again(CancellationToken stop)
    {
        if (lost.Keys.ToArray() is not { Length: > 0 } again) return;
        await Fire("connection = any($1)", again, stop);
        foreach (var connection in again) lost.TryRemove(connection, out _);
    }

    /// <summary>Says that ours are here, then fires what nobody says that of.</summary>
    internal async Task Look(CancellationToken stop)
    {
        await using (var see = database.CreateCommand("update gateway.watched_connections set seen_at = clock_timestamp() where holder = $1"))
        {
            see.Parameters.Add(new() { Value = holder });
            await see.ExecuteNonQueryAsync(stop);
        }

        await Fire("seen_at < clock_timestamp() - $1", LostAfter.ToTimeSpan(), stop);
    }

    private async Task Fire(string which, object value, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var delete = new NpgsqlCommand($"delete from gateway.watched_connections where {which} returning account", connection, transaction);
        delete.Parameters.Add(new() { Value = value });
        var commands = new List<Command>();
        await using (var rows = await delete.ExecuteReaderAsync(stop))
        {
            while (await rows.ReadAsync(stop)) commands.Add(new() { Kind = CommandKind.Disconnect, Account = rows.GetInt32(0) });
        }

        if (commands.Count == 0) return;
        await inbox.Stage(connection, transaction, commands, stop);
        await transaction.CommitAsync(CancellationToken.None);
        inbox.Wake();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Orders of lost connections are cancelled a moment later: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

using System.Diagnostics;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;

namespace Trading.Matching.Journal;

/// <param name="holder">Names this process; at most 40 characters, so that it fits an application name with the role.</param>
internal sealed class Leases(NpgsqlDataSource database, string holder) : ILeases
{
    public static readonly Duration Lasts = Duration.FromSeconds(2);
    public static readonly Duration RenewEvery = Duration.FromMilliseconds(500);
    private static readonly Duration AskEvery = Duration.FromMilliseconds(100);

    /// <summary>How the holder of a role signs: in the lease row, and as application name of what it writes.</summary>
    public static string Sign(string holder, string role) => $"{holder} {role}";

    public async Task<ILease> Take(string role, CancellationToken stop)
    {
        while (true)
        {
            var connection = await database.OpenConnectionAsync(stop);
            try
            {
                await using var name = new NpgsqlCommand("select set_config('application_name', $1, false)", connection) { Parameters = { new() { Value = Sign(holder, role) + " lease" } } };
                await name.ExecuteNonQueryAsync(stop);
                await using var take = new NpgsqlCommand("select matching.take_lease($1, $2, $3)", connection)
                {
                    Parameters = { new() { Value = role }, new() { Value = Sign(holder, role) }, new() { Value = Lasts.ToTimeSpan() } },
                };
                if (await take.ExecuteScalarAsync(stop) is long epoch) return new Lease(connection, role, Sign(holder, role), epoch);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }

            await connection.DisposeAsync();
            await Task.Delay(AskEvery.ToTimeSpan(), stop);
        }
    }
}

/// <summary>
/// Renewed by a thread of its own, over a connection of its own, by calls that block: whatever keeps the pool's threads busy cannot make the market
/// lose its lease.
/// </summary>
internal sealed class Lease : ILease
{
    private readonly NpgsqlConnection connection;
    private readonly string role;
    private readonly string signature;
    private readonly CancellationTokenSource lost = new();
    private readonly CancellationTokenSource given = new();
    private readonly Task renewing;
    private long epoch;

    public Lease(NpgsqlConnection connection, string role, string signature, long epoch)
    {
        (this.connection, this.role, this.signature, this.epoch) = (connection, role, signature, epoch);
        Lost = lost.Token;
        renewing = OwnThread.Run($"lease of {role}", Renew);
    }

    public long Epoch => Volatile.Read(ref epoch);

    public CancellationToken Lost { get; }

    /// <summary>We raised it ourselves, to be sure of a write whose outcome was unknown.</summary>
    public void Raised(long to) => Volatile.Write(ref epoch, to);

    public Task<bool> Holds(NpgsqlConnection on, NpgsqlTransaction transaction, CancellationToken stop) => Rules(on, transaction, role, signature, Epoch, stop);

    /// <summary>True, and the epoch row share-locked to the transaction's end, while <paramref name="epoch"/> rules.</summary>
    internal static async Task<bool> Rules(NpgsqlConnection on, NpgsqlTransaction transaction, string role, string signature, long epoch, CancellationToken stop)
    {
        // The signature lets a successor end this very transaction, should we be stopped in the middle of it.
        await using var command = new NpgsqlCommand("select set_config('application_name', $1, true), epoch from matching.epoch where role = $2 for share", on, transaction)
        {
            Parameters = { new() { Value = signature }, new() { Value = role } },
        };
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) && row.GetInt64(1) == epoch;
    }

    private void Renew()
    {
        var renewed = Stopwatch.GetTimestamp();
        try
        {
            while (!given.Token.WaitHandle.WaitOne(Leases.RenewEvery.ToTimeSpan()))
            {
                using var renew = new NpgsqlCommand(
                    "update matching.lease set lasts_until = clock_timestamp() + $1 where role = $2 and holder = $3 and lasts_until > clock_timestamp()", connection)
                {
                    CommandTimeout = 1,
                    Parameters = { new() { Value = Leases.Lasts.ToTimeSpan() }, new() { Value = role }, new() { Value = signature } },
                };
                var asked = Stopwatch.GetTimestamp();
                if (renew.ExecuteNonQuery() != 1 || Stopwatch.GetElapsedTime(renewed) > Leases.Lasts.ToTimeSpan()) break;
                renewed = asked;
            }
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or TimeoutException or IOException)
        {
            // A lease that cannot be renewed is lost: the fence in the store, not this, keeps a successor's journal clean.
        }

        // Told from here, so that the leader hears it though every thread of the pool is busy.
        if (!given.IsCancellationRequested) lost.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        await given.CancelAsync();
        await renewing;
        try
        {
            await using var give = new NpgsqlCommand("update matching.lease set lasts_until = clock_timestamp() where role = $1 and holder = $2", connection)
            {
                CommandTimeout = 1,
                Parameters = { new() { Value = role }, new() { Value = signature } },
            };
            await give.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException or TimeoutException or IOException)
        {
            // Not given back: it runs out by itself.
        }

        await connection.DisposeAsync();
        lost.Dispose();
        given.Dispose();
    }
}

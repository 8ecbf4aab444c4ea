using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching;

/// <summary>
/// Stands by with a market that follows until the lease is free, leads until something fails, and then ends the process: its memory may be ahead of
/// the journal, and a fresh start is the one way back that is always right.
/// </summary>
internal sealed partial class Leader(
    NpgsqlDataSource database, ILeases leases, PostgresJournal journal, Follower follower, OrderEntry entry, Committed committed, IClock clock,
    IHostApplicationLifetime host, ILogger<Leader> log) : BackgroundService
{
    /// <summary>What the process ends with when the market had to stop; a supervisor starts it again.</summary>
    public const int StoppedExitCode = 75;

    /// <summary>Batches read at once when the tail is lived.</summary>
    private const int TailMost = 1_024;
    private const string LeaseLost = "the lease of the market was lost";
    private static readonly string[] MustBeOn = ["fsync", "full_page_writes", "synchronous_commit"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Keeper? keeper = null;
        var unknown = false;
        try
        {
            await RefuseUnsafeStorage(stoppingToken);
            var (lease, reliving) = await StandBy(stoppingToken);
            await using var given = lease;
            using var lead = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Lost);
            // Only now: what the old leader had under way before the take-over committed is there, and nothing of its comes after.
            while (await reliving.Some(journal, TailMost, lead.Token)) Relived(log, reliving.Standing.LastSequence);
            keeper = new(reliving.Market, journal, clock, committed, reliving.Standing, lease.Epoch);
            committed.Beyond(reliving.Standing.LastSequence);
            entry.Lead(keeper);
            Leads(log, lease.Epoch, reliving.Standing.LastSequence);
            var leading = keeper;
            var beside = Beside(lead.Token);
            var keeping = OwnThread.Run("keeper of the market", () => Lead(leading, lease, lead.Token));
            await Task.WhenAny(keeping, beside);
            await lead.CancelAsync();
            await Task.WhenAll(keeping, beside);
            if (!stoppingToken.IsCancellationRequested) throw new MarketUnavailableException(LeaseLost, outcomeUnknown: false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping as asked.
        }
        catch (Exception failed)
        {
            unknown = failed is not MarketUnavailableException { OutcomeUnknown: false };
            // What we stopped for knowingly is one sentence; only a fault of ours needs its stack. What was cancelled and not by the host was the lease's.
            Stopped(log, failed is MarketUnavailableException or OperationCanceledException ? null : failed, failed is OperationCanceledException ? LeaseLost : failed.Message);
            Environment.ExitCode = StoppedExitCode;
            host.StopApplication();
        }
        finally
        {
            entry.Lead(null);
            keeper?.Stop(unknown);
        }
    }

    /// <summary>Follows until the lease is ours; the market it then has needs only the tail.</summary>
    private async Task<(Lease Lease, Reliving Reliving)> StandBy(CancellationToken stop)
    {
        var reliving = await follower.Begin(stop);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var following = follower.Follow(reliving, looksBack: false, waiting.Token);
        var taking = leases.Take("market", waiting.Token);
        await Task.WhenAny(following, taking);
        await waiting.CancelAsync();
        try
        {
            // A history that cannot be followed is not led either.
            await following;
            return ((Lease)await taking, reliving);
        }
        catch
        {
            await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (taking.IsCompletedSuccessfully) await (await taking).DisposeAsync();
            throw;
        }
    }

    /// <summary>A follower beside the leader: it compares, and it takes the snapshots.</summary>
    private async Task Beside(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await follower.Follow(await follower.Begin(stop), looksBack: true, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is NpgsqlException or IOException or TimeoutException)
            {
                // Whether the store still serves the market is for the keeper to say, over its own connection.
                await Task.Delay(Leases.Lasts.ToTimeSpan(), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>On the keeper's own thread: the store's calls block it, and nothing here waits for a thread of the pool.</summary>
    private static void Lead(Keeper keeper, Lease lease, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (!keeper.Step(stop).GetAwaiter().GetResult()) keeper.WaitForWork();
            lease.Raised(keeper.Epoch);
        }
    }

    private async Task RefuseUnsafeStorage(CancellationToken stop)
    {
        foreach (var setting in MustBeOn)
        {
            await using var show = database.CreateCommand($"show {setting}");
            if (await show.ExecuteScalarAsync(stop) as string == "off")
                throw new InvalidOperationException($"PostgreSQL runs with {setting} = off: an acknowledged order could be lost, so this server does not lead");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Market leads under epoch {Epoch} after sequence {Sequence}")]
    private static partial void Leads(ILogger log, long epoch, long sequence);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Market relived to sequence {Sequence}")]
    private static partial void Relived(ILogger log, long sequence);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The market stops: {Reason}")]
    private static partial void Stopped(ILogger log, Exception? failed, string reason);
}

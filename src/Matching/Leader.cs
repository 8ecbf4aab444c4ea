using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;

namespace Trading.Matching;

/// <summary>
/// Takes the lease, lives the journal again, leads until something fails, and then ends the process: its memory may be ahead of the journal,
/// and a fresh start is the one way back that is always right.
/// </summary>
internal sealed partial class Leader(
    NpgsqlDataSource database, ILeases leases, PostgresJournal journal, OrderEntry entry, Committed committed, IClock clock,
    IHostApplicationLifetime host, ILogger<Leader> log) : BackgroundService
{
    /// <summary>What the process ends with when the market had to stop; a supervisor starts it again.</summary>
    public const int StoppedExitCode = 75;

    private const string LeaseLost = "the lease of the market was lost";
    private static readonly string[] MustBeOn = ["fsync", "full_page_writes", "synchronous_commit"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Keeper? keeper = null;
        var unknown = false;
        try
        {
            await RefuseUnsafeStorage(stoppingToken);
            await using var lease = (Lease)await leases.Take("market", stoppingToken);
            using var lead = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Lost);
            var reliving = new Reliving(new Market(new MarketOptions()));
            await reliving.All(journal, sequence => Relived(log, sequence), lead.Token);
            keeper = new(reliving.Market, journal, clock, committed, reliving.Standing, lease.Epoch);
            committed.Beyond(reliving.Standing.LastSequence);
            entry.Lead(keeper);
            Leads(log, lease.Epoch, reliving.Standing.LastSequence);
            var leading = keeper;
            await OwnThread.Run("keeper of the market", () => Lead(leading, lease, lead.Token));
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

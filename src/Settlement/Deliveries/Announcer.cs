using System.Diagnostics;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Deliveries;

/// <summary>A delivery came to this version. Its place in the log is its identity: a repeat is the same message.</summary>
/// <param name="Desks">Who may speak at its step: whose answer it lacks, and of a notice who may object.</param>
public sealed record DeliveryChanged(long TradeNo, long Version, DeliveryState State, int Buyer, int Seller, IReadOnlyList<string> Desks, long AtMicros);

/// <summary>
/// Tells the services around the settler what changed. The rows are the truth and the bus only the wake-up: what was not answered is told again,
/// so a lost bus loses nothing. It goes round through all of them, a portion at a time, so that none that cannot be answered stands before the rest,
/// and never tells faster than is heard.
/// </summary>
internal sealed partial class Announcer(NpgsqlDataSource database, IBus bus, Settler settler, ILogger<Announcer> log) : BackgroundService, IBusTrouble
{
    internal const int Most = 200;
    private static readonly Duration TellAgain = Duration.FromSeconds(2);
    private static readonly Duration TellMost = Duration.FromSeconds(10);
    /// <summary>Who settles goes first: each telling is a transaction of its own, and takes the disk and a core from him who works off an outage.</summary>
    private static readonly Duration WhileBehind = Duration.FromSeconds(1);
    private static readonly Duration Listens = Duration.FromMilliseconds(100);
    private readonly Stopwatch since = Stopwatch.StartNew();
    private readonly Telling telling = new(TellAgain);
    private readonly SemaphoreSlim woken = new(0, 1);

    private volatile string? trouble;

    public string? Trouble => trouble;

    public void Wake()
    {
        if (woken.CurrentCount == 0)
        {
            try
            {
                woken.Release();
            }
            catch (SemaphoreFullException)
            {
                // Woken by another meanwhile.
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var after = 0L;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var portion = await Unanswered(database, after, stoppingToken);
                await Tell(telling.Due(portion, Duration.FromTimeSpan(since.Elapsed)), stoppingToken);
                var begun = after;
                after = portion.Count == Most ? portion[^1].TradeNo : 0;
                if (settler.Behind) await Task.Delay(WhileBehind.ToTimeSpan(), stoppingToken);
                if (after > 0) await Heard(begun, after, stoppingToken);
                else if (begun == 0) await woken.WaitAsync(TellAgain.ToTimeSpan(), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // Bus or database: only the wake-up is late, and it is told again.
                trouble = failed is OperationCanceledException ? $"the broker took no news for {TellMost.TotalSeconds:0} s" : failed.Message;
                Failed(log, trouble);
                await Task.Delay(TellAgain.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task Tell(IReadOnlyList<DeliveryChanged> due, CancellationToken stop)
    {
        if (due.Count == 0) return;
        // A broker that is gone holds a publish for ever; what was not told in time is told again.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(TellMost.ToTimeSpan());
        await Task.WhenAll(due.Select(changed => bus.Publish(changed, patience.Token)));
        telling.Told(due, Duration.FromTimeSpan(since.Elapsed));
        trouble = null;
    }

    /// <summary>Before the next portion, time for this one to be answered: until nothing more is. What nobody answers costs the rest that time and no more.</summary>
    private async Task Heard(long after, long last, CancellationToken stop)
    {
        var open = (long)Most;
        for (var waited = Duration.Zero; waited < TellAgain; waited += Listens)
        {
            await Task.Delay(Listens.ToTimeSpan(), stop);
            await using var connection = await database.OpenConnectionAsync(stop);
            await using var count = LedgerStore.Sql(connection, null, "select count(*) from settlement.deliveries where announced < version and trade_no > $1 and trade_no <= $2", after, last);
            var left = (long)(await count.ExecuteScalarAsync(stop))!;
            if (left == 0 || (left < Most && left == open)) return;
            open = left;
        }
    }

    /// <summary>The first of them beyond a trade, by trade.</summary>
    internal static async Task<IReadOnlyList<DeliveryChanged>> Unanswered(NpgsqlDataSource database, long after, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null,
            $"""
            select {DeliveryRows.Columns} from settlement.deliveries
            where announced < version and trade_no > $1
              and not exists (select 1 from settlement.parked_messages p where p.trade_no = deliveries.trade_no and p.version = deliveries.version and p.state = 1)
            order by trade_no limit $2
            """, after, Most);
        return (await DeliveryRows.Read(select, stop)).ConvertAll(d => new DeliveryChanged(
            d.Facts.TradeNo, d.Version, d.Facts.State, d.Facts.Buyer, d.Facts.Seller, [.. d.Facts.Awaits ? d.At.By : []], Time.Micros(d.Facts.Timeline[^1].At)));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Announcing deliveries waits: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

/// <summary>Lays a trade on the desks of those who may speak at its step. Idempotent by trade and authority.</summary>
public sealed class DeskOpener(NpgsqlDataSource database) : IConsumer<DeliveryChanged>
{
    public Task Consume(ConsumeContext<DeliveryChanged> context) => Open(context.Message, context.CancellationToken);

    internal async Task Open(DeliveryChanged m, CancellationToken stop)
    {
        if (m.Desks.Count == 0) return;
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var open = LedgerStore.Sql(connection, null, "insert into settlement.desk select $1, a, $3 from unnest($2) as a on conflict do nothing", m.TradeNo, m.Desks.ToArray(), m.AtMicros);
        await open.ExecuteNonQueryAsync(stop);
    }
}

/// <summary>Notes for both sides what became of their trade, and answers the announcer. Idempotent by trade, version and account.</summary>
public sealed class NoticeLog(NpgsqlDataSource database) : IConsumer<DeliveryChanged>
{
    public Task Consume(ConsumeContext<DeliveryChanged> context) => Note(context.Message, context.CancellationToken);

    internal async Task Note(DeliveryChanged m, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        // Told only when whoever needs it has it: a conditional trade lies on its desk first.
        await using var note = LedgerStore.Sql(connection, null,
            """
            with noted as (
                insert into settlement.notices (trade_no, version, account, state, at_us)
                select $1, $2, a, $3, $4 from unnest($5::int[]) as a on conflict do nothing)
            update settlement.deliveries set announced = greatest(announced, $2)
            where trade_no = $1 and not exists (select 1 from unnest(waiting) as w where not exists (select 1 from settlement.desk where desk.trade_no = $1 and desk.authority = w))
            """, m.TradeNo, m.Version, (short)m.State, m.AtMicros, new[] { m.Buyer, m.Seller }.Distinct().ToArray());
        await note.ExecuteNonQueryAsync(stop);
    }
}

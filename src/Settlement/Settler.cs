using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Halts;
using Trading.Settlement.Ledger;
using Trading.Settlement.Listings;

namespace Trading.Settlement;

/// <summary>
/// Follows the journal in order. What it read, both legs of right and money, fees, transfers, freezes and its own position are one transaction,
/// so each output is booked once however often it is read.
/// </summary>
internal sealed class Settler(NpgsqlDataSource database, IJournal journal, LedgerStore store, IDirectory directory, IRules rules, IMarketInbox inbox, ICommit commit)
{
    private const int BatchesMost = 64;
    /// <summary>Outputs in one transaction, about: a batch is never cut.</summary>
    private const int OutputsMost = 600;
    private const int CatalogTries = 4;
    private const string MovePosition = "update settlement.positions set sequence = $1 where reader = 'settler'";
    private static readonly Duration CatalogAgain = Duration.FromMilliseconds(300);

    /// <summary>How far it has come, as this process last saw it.</summary>
    public long Reached { get; private set; }

    /// <summary>The last step was as much as one step takes: more waits.</summary>
    public bool Behind { get; private set; }

    /// <summary>The last step booked something; one that only read on did not.</summary>
    public bool Booked { get; private set; }

    /// <summary>Some batches, one transaction. False: level with the journal.</summary>
    /// <exception cref="MarketUnavailableException">The lease is not ours any more; nothing was written.</exception>
    public async Task<bool> Step(ILease lease, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (!await lease.Holds(connection, transaction, stop)) throw new MarketUnavailableException($"epoch {lease.Epoch} no longer settles", outcomeUnknown: false);
        await using var lockPosition = new NpgsqlCommand("select sequence from settlement.positions where reader = 'settler' for update", connection, transaction);
        var position = (long)(await lockPosition.ExecuteScalarAsync(stop))!;
        var heard = new List<Heard>();
        var reached = Hear(position, await journal.Read(position, BatchesMost, stop), heard, OutputsMost);
        (Reached, Booked, Behind) = (position, heard.Count > 0, heard.Count >= OutputsMost);
        if (reached == position) return false;
        if (heard.Count == 0) return await ReadOn(connection, transaction, reached, stop);
        var catalog = await CatalogOf(heard, stop);
        var keys = new Keys();
        foreach (var one in heard) FromTheMarket.Locks(in one, keys);
        var books = await store.Lock(connection, transaction, keys, stop);
        // Read here, not from a cache: a listing is committed before the market can hear of it, so what is not there now was never listed.
        Settle(heard, books, await ListingBoard.Read(connection, transaction, stop), catalog, await rules.Current(stop));
        // Before anything is staged: whoever frees an account waits for the same row, and is told of in the market before or after, never between.
        foreach (var (account, why) in books.Stopped) await HaltDesk.Stop(connection, transaction, account, why, heard[^1].At, stop);
        // What trades moved is a fact that no cap refuses.
        if (await store.Write(connection, transaction, books, Actor.System, stop) is { } above) throw new InvalidOperationException($"the caps refuse what the market did: {above.Code} {string.Join(' ', above.Values)}");
        foreach (var (sequence, trade, text) in books.Alerts)
        {
            await using var alert = LedgerStore.Sql(connection, transaction, "insert into settlement.alerts (sequence, trade_no, text, at_us) values ($1, $2, $3, $4)",
                sequence, trade, text, heard.First(h => h.Sequence == sequence).Output.AtMicros);
            await alert.ExecuteNonQueryAsync(stop);
        }

        await using var move = LedgerStore.Sql(connection, transaction, MovePosition, reached);
        await move.ExecuteNonQueryAsync(stop);
        await commit.Commit(transaction, stop);
        Reached = reached;
        if (books.ToMarket.Count > 0) inbox.Wake();
        return true;
    }

    /// <summary>Past batches that hold nothing to settle. Nobody waits for the disk: a crash that loses this reads them again and finds nothing again.</summary>
    private async Task<bool> ReadOn(NpgsqlConnection connection, NpgsqlTransaction transaction, long reached, CancellationToken stop)
    {
        await using var move = LedgerStore.Sql(connection, transaction, MovePosition, reached);
        await move.ExecuteNonQueryAsync(stop);
        await using (var hasten = LedgerStore.Sql(connection, transaction, "set local synchronous_commit = off")) await hasten.ExecuteNonQueryAsync(stop);
        await commit.Commit(transaction, stop);
        Reached = reached;
        return true;
    }

    /// <summary>A buyer may have been registered in another process a moment ago; the directory forgets after a second.</summary>
    private async Task<Catalog> CatalogOf(List<Heard> heard, CancellationToken stop)
    {
        for (var tries = 0; ; tries++)
        {
            var catalog = await directory.Current(stop);
            if (tries == CatalogTries || heard.TrueForAll(h => h.Output.Kind != OutputKind.Trade || h.Output.Pending == 0 || (catalog.Participant(h.Output.Buyer) is not null && catalog.Participant(h.Output.Seller) is not null))) return catalog;
            await Task.Delay(CatalogAgain.ToTimeSpan(), stop);
        }
    }

    /// <summary>What follows the position, whole and in order; what does not was heard before.</summary>
    /// <returns>The sequence up to which it was heard.</returns>
    /// <exception cref="JournalDamagedException">A batch is missing: nothing may be settled past the gap.</exception>
    public static long Hear(long position, IEnumerable<Batch> batches, List<Heard> heard, int outputsMost)
    {
        foreach (var batch in batches)
        {
            if (heard.Count >= outputsMost) break;
            if (batch.LastSequence <= position) continue;
            if (batch.FirstSequence != position + 1) throw new JournalDamagedException(batch.FirstSequence, $"begins at {batch.FirstSequence} where {position + 1} follows");
            Hear(batch, heard);
            position = batch.LastSequence;
        }

        return position;
    }

    public static void Hear(Batch batch, List<Heard> heard)
    {
        var commands = batch.Commands.Span;
        foreach (ref readonly var output in batch.Outputs.Span)
        {
            if (FromTheMarket.Concerns(in commands[output.CommandIndex], in output)) heard.Add(new(batch.SequenceOf(in output), commands[output.CommandIndex], output));
        }
    }

    /// <summary>Books each in order. What cannot be booked blocks its accounts and is told; everything else flows.</summary>
    public static void Settle(IReadOnlyList<Heard> heard, Books books, IReadOnlyDictionary<int, Listing> listings, Catalog catalog, RuleBook rules)
    {
        foreach (var one in heard)
        {
            try
            {
                if (FromTheMarket.Follow(in one, books, listings, catalog, rules) is not { } booking) continue;
                books.Book(booking);
                StandingFreezes.Take(books);
            }
            catch (Exception impossible) when (impossible is InvalidOperationException or OverflowException or KeyNotFoundException)
            {
                var o = one.Output;
                books.Alerts.Add((one.Sequence, o.TradeNo, impossible.Message));
                int[] touched = o.Kind switch
                {
                    OutputKind.Trade or OutputKind.Settled or OutputKind.Unwound or OutputKind.Busted => o.Buyer == o.Seller ? [o.Buyer] : [o.Buyer, o.Seller],
                    _ when o.Account > 0 => [o.Account],
                    _ => [],
                };
                foreach (var account in touched)
                {
                    books.Stopped.TryAdd(account, ($"市场第 {one.Sequence} 号输出无法入账", $"output {one.Sequence} of the market could not be booked"));
                    books.ToMarket.Add(HaltDecisions.Block(account));
                }
            }
        }
    }
}

/// <summary>Holds the settler's lease and steps; a failure of storage ends the lease and begins anew, for nothing is kept in memory.</summary>
internal sealed partial class SettlerLoop(Settler settler, ILeases leases, IJournal journal, Deliveries.Announcer announcer, IClock clock, ILogger<SettlerLoop> log) : BackgroundService, ISettlerState
{
    private static readonly Duration Pause = Duration.FromMilliseconds(500);
    private volatile bool settles;

    public bool Settles => settles;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var lease = await leases.Take("settler", stoppingToken);
                using var lead = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Lost);
                using var turns = new Turns(clock, Turns.Usual);
                Backlog? backlog = null;
                while (!lead.IsCancellationRequested)
                {
                    await turns.Next(lead.Token);
                    var moved = await settler.Step(lease, lead.Token);
                    settles = true;
                    if (!moved) await journal.WaitBeyond(settler.Reached, Pause, lead.Token);
                    else if (settler.Booked) announcer.Wake();
                    var now = clock.GetCurrentInstant();
                    backlog ??= new(now, settler.Reached);
                    if (backlog.Due(now) && backlog.Tell(now, settler.Reached, await journal.LastSequence(lead.Token)) is { } left) Behind(log, left.Behind, left.PerSecond, left.Seconds);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // Whatever it was, the transaction is gone and with it all that was known: the market beside us must not end for it.
                settles = false;
                Failed(log, failed.Message);
                await Task.Delay(Pause.ToTimeSpan(), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                settles = false;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Settlement is {Behind} entries behind the market, {PerSecond} a second, about {Seconds} s left")]
    private static partial void Behind(ILogger log, long behind, long perSecond, long seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Settlement pauses: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

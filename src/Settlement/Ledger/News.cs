using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NodaTime;
using Npgsql;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Ledger;

/// <summary>Carried by PostgreSQL's own notifications: sent in the transaction, delivered with its commit.</summary>
internal sealed class News(NpgsqlDataSource database) : ISettlementNews
{
    public const string Channel = "settlement_news";
    /// <summary>A notification may carry 8,000 bytes; what would be longer says "everyone".</summary>
    private const int TextMost = 7_000;
    private static readonly Changed Everyone = new(null, []);
    private static readonly Duration Pause = Duration.FromSeconds(1);

    /// <summary>Null where nobody's balance and no delivery moved.</summary>
    public static string? Of(Books books)
    {
        var accounts = new SortedSet<int>();
        foreach (var funds in books.Funds.Values.Where(f => f.Now != f.Before)) accounts.Add(funds.Now.Account);
        foreach (var (key, _) in books.RightsMoved) accounts.Add(key.Account);
        foreach (var trade in books.DeliveriesMoved.Keys)
        {
            accounts.Add(books.Deliveries[trade].Now!.Facts.Buyer);
            accounts.Add(books.Deliveries[trade].Now!.Facts.Seller);
        }

        if (accounts.Count == 0) return null;
        var text = string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', accounts)}|{string.Join(',', books.DeliveriesMoved.Keys)}");
        return text.Length <= TextMost ? text : "";
    }

    public async IAsyncEnumerable<Changed> Listen([EnumeratorCancellation] CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var heard = System.Threading.Channels.Channel.CreateBounded<Changed>(4_096);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var pump = Pump(heard.Writer, over.Token);
            await foreach (var changed in heard.Reader.ReadAllAsync(CancellationToken.None)) yield return changed;
            await over.CancelAsync();
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Pause.ToTimeSpan(), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Pump(ChannelWriter<Changed> heard, CancellationToken stop)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(stop);
            connection.Notification += (_, told) =>
            {
                // A listener that cannot follow begins anew, and then everyone may have changed.
                if (!heard.TryWrite(Read(told.Payload))) heard.TryComplete();
            };
            await using (var listen = new NpgsqlCommand($"listen {Channel}", connection)) await listen.ExecuteNonQueryAsync(stop);
            // Whatever happened while nobody listened.
            heard.TryWrite(Everyone);
            while (!stop.IsCancellationRequested) await connection.WaitAsync(stop);
        }
        catch (Exception over) when (over is NpgsqlException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The listener begins anew.
        }
        finally
        {
            heard.TryComplete();
        }
    }

    private static Changed Read(string payload)
    {
        if (payload.Split('|') is not [{ Length: > 0 } accounts, var trades]) return Everyone;
        return new(Array.ConvertAll(accounts.Split(','), a => int.Parse(a, CultureInfo.InvariantCulture)),
            trades.Length == 0 ? [] : Array.ConvertAll(trades.Split(','), t => long.Parse(t, CultureInfo.InvariantCulture)));
    }
}

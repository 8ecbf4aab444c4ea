using System.Text.Json;
using MassTransit;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Deliveries;

/// <summary>
/// The end of the line of every queue: what failed for good, or came to the wrong place, is laid aside in PostgreSQL with its reason, and the queue goes on. What failed because the
/// database was in trouble is no fault of the message: it is let go, for the trade is told again.
/// </summary>
internal sealed partial class Parking(NpgsqlDataSource database, IClock clock, ILogger<Parking> log) : IFilter<ExceptionReceiveContext>, IFilter<ReceiveContext>
{
    internal const int BodyMost = 4_000;

    Task IFilter<ExceptionReceiveContext>.Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next) => Park(context, context.Exception.GetBaseException());

    Task IFilter<ReceiveContext>.Send(ReceiveContext context, IPipe<ReceiveContext> next) => Park(context, null);

    void IProbeSite.Probe(ProbeContext context) => context.CreateFilterScope("parking");

    private async Task Park(ReceiveContext context, Exception? failed)
    {
        var (queue, body) = (Uri.UnescapeDataString(context.InputAddress.Segments[^1]), context.Body.GetString());
        var reason = failed?.Message ?? "no consumer of this queue knows such a message";
        if (failed is not null && Passes(failed))
        {
            LetGo(log, queue, reason);
            return;
        }

        try
        {
            await Put(queue, body, reason, CancellationToken.None);
            Parked(log, queue, reason);
        }
        catch (NpgsqlException away)
        {
            LetGo(log, queue, $"{reason}; nor could it be laid aside: {away.Message}");
        }
    }

    /// <summary>By itself, in time.</summary>
    internal static bool Passes(Exception failed) => failed is TimeoutException or IOException or OperationCanceledException or NpgsqlException { IsTransient: true } or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled };

    internal async Task Put(string queue, string body, string reason, CancellationToken stop)
    {
        var (trade, version) = News(body) is { } news ? ((object)news.TradeNo, (object)news.Version) : (DBNull.Value, DBNull.Value);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var park = LedgerStore.Sql(connection, null,
            $"""
            insert into settlement.parked_messages (queue, trade_no, version, body, reason, parked_us) values ($1, $2, $3, $4, $5, $6)
            on conflict {(trade is DBNull ? "(queue, md5(body)) where state = 1 and trade_no is null" : "(queue, trade_no, version) where state = 1 and trade_no is not null")}
            do update set tries = settlement.parked_messages.tries + 1, reason = excluded.reason
            """, queue, trade, version, Plain(body), Plain(reason), Time.Micros(clock.GetCurrentInstant()));
        await park.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Which delivery's news a body carries; null: it cannot be read.</summary>
    internal static (long TradeNo, long Version)? News(string body)
    {
        try
        {
            using var read = JsonDocument.Parse(body);
            return read.RootElement.ValueKind == JsonValueKind.Object && read.RootElement.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.Object
                   && message.TryGetProperty("tradeNo", out var trade) && trade.TryGetInt64(out var number) && number > 0
                   && message.TryGetProperty("version", out var version) && version.TryGetInt64(out var at) && at > 0 ? (number, at) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>PostgreSQL's text takes no NUL, and nobody reads a megabyte.</summary>
    private static string Plain(string text)
    {
        var plain = text.Replace('\0', '\ufffd');
        return plain.Length > BodyMost ? plain[..BodyMost] : plain;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A message of {Queue} is parked: {Reason}")]
    private static partial void Parked(ILogger log, string queue, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message of {Queue} is let go, its trade is told again: {Reason}")]
    private static partial void LetGo(ILogger log, string queue, string reason);
}

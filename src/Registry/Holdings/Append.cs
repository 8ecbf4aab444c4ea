using Marten;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

/// <summary>
/// Appends the events of many streams to Marten's own tables in two statements, whatever their number; Marten's own way is two for each stream. What it
/// writes is what Marten would: it reads and folds these streams as any other.
/// </summary>
internal static class Append
{
    private const string Tenant = "*DEFAULT*";

    /// <returns>Two commands: the first moves as many stream rows as there are changes, or somebody else's events stand there.</returns>
    /// <param name="at">By the exchange's clock, as every event.</param>
    public static IEnumerable<NpgsqlBatchCommand> Of(IDocumentSession session, IReadOnlyList<StreamChange> changes, Instant at)
    {
        var json = session.DocumentStore.Options.Serializer();
        string Header(string name) => session.GetHeader(name)?.ToString() ?? throw new InvalidOperationException($"an event says who did it, and the {name} is not known");
        var rows = new List<(string Stream, long Version, string Data, string Type, string Class, string Headers)>();
        var headers = new Dictionary<Actor, string>();
        string By(Actor? by)
        {
            by ??= new(Header("user"), Header("role"));
            return headers.TryGetValue(by, out var known) ? known : headers[by] = json.ToJson(new Dictionary<string, string>(StringComparer.Ordinal) { ["user"] = by.User, ["role"] = by.Role });
        }

        foreach (var change in changes)
        {
            for (var n = 0; n < change.Events.Count; n++)
            {
                var told = session.Events.BuildEvent(change.Events[n]);
                rows.Add((change.Stream, change.Before + n + 1, json.ToJson(change.Events[n]), told.EventTypeName, told.DotNetTypeName, By(change.By?[n])));
            }
        }

        yield return new(
            """
            insert into events.mt_streams as s (id, version, timestamp, tenant_id) select id, version, $4, $3 from unnest($1, $2) as c(id, version)
            on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp where s.version < excluded.version
            """)
        {
            Parameters = { Texts(changes.Select(c => c.Stream)), new() { Value = changes.Select(c => c.After).ToArray() }, new() { Value = Tenant }, new() { Value = at.ToDateTimeUtc() } },
        };
        // A version that is taken already meets the unique index over stream and version.
        yield return new(
            """
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, headers)
            select nextval('events.mt_events_sequence'), gen_random_uuid(), stream, version, data::jsonb, type, $8, $7, class, headers::jsonb
            from unnest($1, $2, $3, $4, $5, $6) as c(stream, version, data, type, class, headers)
            """)
        {
            Parameters =
            {
                Texts(rows.Select(r => r.Stream)), new() { Value = rows.ConvertAll(r => r.Version) }, Texts(rows.Select(r => r.Data)), Texts(rows.Select(r => r.Type)), Texts(rows.Select(r => r.Class)), Texts(rows.Select(r => r.Headers)),
                new() { Value = Tenant }, new() { Value = at.ToDateTimeUtc() },
            },
        };
    }

    private static NpgsqlParameter Texts(IEnumerable<string> texts) => new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}

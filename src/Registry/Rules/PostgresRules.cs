using System.Globalization;
using System.Text.Json;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;

namespace Trading.Registry.Rules;

internal sealed class PostgresRules(NpgsqlDataSource database, IHoldings holdings, IClock clock) : IRules, IDisposable
{
    private const string Loader = "operator";
    private readonly Remembered<RuleBook> remembered = new(async stop =>
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await Read(connection, null, stop);
    });

    public Task<RuleBook> Current(CancellationToken stop) => remembered.Current(stop);

    public void Forget() => remembered.Forget();

    public void Dispose() => remembered.Dispose();

    public async Task<Refused?> Load(string key, IReadOnlyList<FirstVersion> first, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var alone = Statement.Of(connection, transaction, "lock table registry.rules in exclusive mode")) await alone.ExecuteNonQueryAsync(stop);
        var known = (await Read(connection, transaction, stop)).Versions(key);
        if (!RuleBook.Kinds.TryGetValue(key, out var type)) return Refused.Because("UNKNOWN_RULE", null).With("key", key);
        var now = Micros.Now(clock);
        var before = Instant.MinValue;
        foreach (var (number, version) in first.Index())
        {
            var (content, unreadable) = StrictJson.Read(version.Body, type);
            if (unreadable is not null) return unreadable.With("version", (number + 1).ToString(CultureInfo.InvariantCulture));
            if (((Rule)content!).Check() is { } wrong) return wrong.With("version", (number + 1).ToString(CultureInfo.InvariantCulture));
            if (string.IsNullOrWhiteSpace(version.LegalReference)) return Refused.Because("REASON_REQUIRED", null).With("key", key);
            if (version.Author == version.Approver) return Refused.Because("FOUR_EYES", "R-REG-08").With("user", version.Author);
            if (version.EffectiveFrom < before) return Refused.Because("RULE_ORDER", null).With("key", key).With("effectiveFrom", version.EffectiveFrom.ToString());
            before = version.EffectiveFrom;
            if (number >= known.Count) continue;
            // What stands already must be what is given: judged commands are not judged again.
            if (known[number].EffectiveFrom != version.EffectiveFrom || StrictJson.Write<object>(known[number].Content) != StrictJson.Write(content))
                return Refused.Because("RULE_EXISTS", null).With("key", key).With("version", (number + 1).ToString(CultureInfo.InvariantCulture));
        }

        if (known.Count > 0) return null;
        foreach (var (number, version) in first.Index())
        {
            var (author, approver) = (new Actor(version.Author, Loader), new Actor(version.Approver, Loader));
            await using var session = holdings.Session(connection, transaction, approver);
            await Insert(connection, transaction, session, new(key, number + 1, version.EffectiveFrom, version.Body, version.LegalReference), author, approver, now, stop);
            await session.SaveChangesAsync(stop);
        }

        await transaction.CommitAsync(stop);
        Forget();
        return null;
    }

    /// <summary>The event joins the session's unit of work; the caller saves it.</summary>
    public static async Task Insert(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, RuleChanged changed, Actor author, Actor approver, Instant approvedAt, CancellationToken stop)
    {
        session.Events.Append("rule/" + changed.Key, changed.Version, changed);
        await using var insert = Statement.Of(connection, transaction, "insert into registry.rules values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            changed.Key, changed.Version, Micros.Of(changed.EffectiveFrom), changed.Body, changed.LegalReference, author.User, author.Role, approver.User, approver.Role, Micros.Of(approvedAt));
        await insert.ExecuteNonQueryAsync(stop);
    }

    public static async Task<RuleBook> Read(NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction,
            "select key, version, effective_us, body, legal_reference, author_user, author_role, approver_user, approver_role, approved_us from registry.rules order by key, version");
        await using var r = await select.ExecuteReaderAsync(stop);
        var versions = new List<RuleVersion>();
        while (await r.ReadAsync(stop))
        {
            var key = r.GetString(0);
            // A kind, or a field of one, that no command asks for any more is passed over: what was taken in was judged then.
            if (!RuleBook.Kinds.TryGetValue(key, out var kind)) continue;
            var body = r.GetString(3);
            var content = JsonSerializer.Deserialize(body, kind, StrictJson.Stored) as Rule ?? throw new JsonException($"rule {key} version {r.GetInt32(1)} cannot be read");
            versions.Add(new(key, r.GetInt32(1), Micros.At(r.GetInt64(2)), content, body, r.GetString(4), new(r.GetString(5), r.GetString(6)), new(r.GetString(7), r.GetString(8)), Micros.At(r.GetInt64(9))));
        }

        return new(versions);
    }
}

using System.Security.Cryptography;
using System.Text;
using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Instruments;
using Trading.Registry.Participants;
using Trading.Registry.Policies.Common;

namespace Trading.Registry;

/// <summary>Loads, decides, appends, moves the rows: one transaction a request.</summary>
internal sealed class Register(NpgsqlDataSource database, IHoldings holdings, PostgresDirectory directory, IRules rules, IClock clock) : IRegister
{
    async Task<Outcome<Participant>> IRegister.Register(Application application, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // Numbers are dense and drawn in order: one registration at a time.
        await Execute(connection, transaction, "lock table registry.participants in exclusive mode", [], stop);
        var catalog = await PostgresDirectory.Read(connection, transaction, stop);
        var decision = RegisterParticipant.Decide(catalog, application, catalog.Participants.Count + 1);
        if (decision.Refused is { } refused) return refused;
        if (decision.Events is not [var happened]) return catalog.Participant(application.Id)!;
        var p = happened.Participant;
        await Append(connection, transaction, actor, $"participant/{p.Account}", happened, stop);
        await Execute(connection, transaction, "insert into registry.participants values ($1, $2, $3, $4, $5, $6, $7, $8)",
            [p.Account, p.Id, p.CreditCode, p.NameZh, p.NameEn, (short)p.Kind, p.Region, p.Basin], stop);
        await transaction.CommitAsync(stop);
        directory.Forget();
        return p;
    }

    async Task<Outcome<Instrument>> IRegister.Register(Product product, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var session = holdings.Session(connection, transaction, actor);
        var outcome = await Instruments.Instruments.Add(connection, transaction, session, product, await rules.Current(stop), clock.GetCurrentInstant(), stop);
        if (outcome.Refused is not null) return outcome;
        await session.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        directory.Forget();
        return outcome;
    }

    public Refused? Judge(Application application, Catalog catalog) => RegisterParticipant.Decide(catalog, application, 0).Refused;

    public Refused? Judge(Product product, Catalog catalog, RuleBook book) => RegisterInstrument.Decide(catalog, product, 0, book, clock.GetCurrentInstant()).Refused;

    public async Task<Outcome<Participant>> Open(Application application, string occupation, Actor actor, CancellationToken stop)
    {
        var (persons, missing) = (await rules.Current(stop)).Of<ProhibitedPersons>(clock.GetCurrentInstant());
        if ((missing ?? persons!.Judge(occupation)) is { } refused) return refused;
        return await ((IRegister)this).Register(application, actor, stop);
    }

    public async Task<Outcome<Standing>> Change(int account, StandingChange change, string reason, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var session = holdings.Session(connection, transaction, actor);
        var outcome = await Standings.Change(connection, transaction, session, account, change, reason, stop);
        if (outcome.Refused is not null) return outcome;
        await session.SaveChangesAsync(stop);
        await transaction.CommitAsync(stop);
        directory.Forget();
        return outcome;
    }

    public Task<Outcome<Holding>> Issue(HoldingKey key, long units, string reason, string operation, Actor actor, CancellationToken stop) =>
        Once(key, null, operation, $"issue {key} {units} {reason}", actor, async (connection, transaction, session, locked) =>
        {
            await using var supply = new NpgsqlCommand("select issued from registry.supply where instrument = $1 for update", connection, transaction) { Parameters = { new() { Value = key.Instrument } } };
            var decision = Contracts.Issue.Decide((long)(await supply.ExecuteScalarAsync(stop))!, units, reason);
            if (decision.Refused is { } refused) return refused;
            await holdings.Book(session, connection, transaction, [new(locked[key], decision.Events)], stop);
            await Execute(connection, transaction, "update registry.supply set issued = issued + $2 where instrument = $1", [key.Instrument, units], stop);
            return null;
        }, stop);

    public Task<Outcome<Holding>> Transfer(HoldingKey from, int to, long units, string reason, string operation, Actor actor, CancellationToken stop)
    {
        var toKey = new HoldingKey(to, from.Instrument);
        return Once(from, toKey, operation, $"transfer {from} {to} {units} {reason}", actor, async (connection, transaction, session, locked) =>
        {
            var (leaving, arriving) = TransferRight.Decide(locked[from], locked[toKey], units, reason);
            if (leaving.Refused is { } refused) return refused;
            await holdings.Book(session, connection, transaction, [new(locked[from], leaving.Events), new(locked[toKey], arriving.Events)], stop);
            return null;
        }, stop);
    }

    private async Task<Outcome<Holding>> Once(
        HoldingKey key, HoldingKey? other, string operation, string content, Actor actor,
        Func<NpgsqlConnection, NpgsqlTransaction, IDocumentSession, IReadOnlyDictionary<HoldingKey, Holding>, Task<Refused?>> act, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        foreach (var account in (int[])[key.Account, other?.Account ?? key.Account])
        {
            if (catalog.Participant(account) is null) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", account));
        }

        if (catalog.Instrument(key.Instrument) is null) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", key.Instrument));
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(content));
        await using var claim = new NpgsqlCommand("insert into registry.operations values ($1, $2, $3) on conflict do nothing", connection, transaction)
        {
            Parameters = { new() { Value = key.Account }, new() { Value = operation }, new() { Value = digest } },
        };
        if (await claim.ExecuteNonQueryAsync(stop) == 0)
        {
            await using var heard = new NpgsqlCommand("select digest from registry.operations where account = $1 and operation = $2", connection, transaction)
            {
                Parameters = { new() { Value = key.Account }, new() { Value = operation } },
            };
            var first = (byte[])(await heard.ExecuteScalarAsync(stop))!;
            if (!digest.AsSpan().SequenceEqual(first)) return Refused.Because("IDEMPOTENCY_KEY_REUSED", "R-REG-09").With("operation", operation);
            return (await holdings.Lock(connection, transaction, [key], stop))[key];
        }

        var locked = await holdings.Lock(connection, transaction, other is { } second ? [key, second] : [key], stop);
        await using var session = holdings.Session(connection, transaction, actor);
        if (await act(connection, transaction, session, locked) is { } refused) return refused;
        var after = (await holdings.Lock(connection, transaction, [key], stop))[key];
        await transaction.CommitAsync(stop);
        return after;
    }

    private async Task Append(NpgsqlConnection connection, NpgsqlTransaction transaction, Actor actor, string stream, object happened, CancellationToken stop)
    {
        await using var session = holdings.Session(connection, transaction, actor);
        session.Events.Append(stream, 1, happened);
        await session.SaveChangesAsync(stop);
    }

    private static async Task Execute(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, object?[] values, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values) command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        await command.ExecuteNonQueryAsync(stop);
    }
}

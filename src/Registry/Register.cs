using Marten;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Instruments;
using Trading.Registry.Participants;
using Trading.Registry.Policies.Common;

namespace Trading.Registry;

/// <summary>Who and what is registered: one transaction a request. What moves rights goes through the teller.</summary>
internal sealed class Register(NpgsqlDataSource database, IHoldings holdings, IDocumentStore events, Teller teller, PostgresDirectory directory, IRules rules, IClock clock) : IRegister
{
    async Task<Outcome<Participant>> IRegister.Register(Application application, Actor actor, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        // Numbers are dense and drawn in order: one registration at a time.
        await using (var alone = Statement.Of(connection, transaction, "lock table registry.participants in exclusive mode")) await alone.ExecuteNonQueryAsync(stop);
        var catalog = await PostgresDirectory.Read(connection, transaction, stop);
        var decision = RegisterParticipant.Decide(catalog, application, catalog.Participants.Count + 1);
        if (decision.Refused is { } refused) return refused;
        if (decision.Events is not [var happened]) return catalog.Participant(application.Id)!;
        var p = happened.Participant;
        await Append(connection, transaction, actor, $"participant/{p.Account}", happened, stop);
        await using var insert = Statement.Of(connection, transaction, "insert into registry.participants values ($1, $2, $3, $4, $5, $6, $7, $8)",
            p.Account, p.Id, p.CreditCode, p.NameZh, p.NameEn, (short)p.Kind, p.Region, p.Basin);
        await insert.ExecuteNonQueryAsync(stop);
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

    public async Task<Standing> StandingAt(int account, Instant at, CancellationToken stop)
    {
        await using var session = events.QuerySession();
        var happened = await session.Events.FetchStreamAsync("participant/" + account.ToString(System.Globalization.CultureInfo.InvariantCulture), timestamp: at.ToDateTimeOffset(), token: stop);
        return happened.Select(h => h.Data).OfType<StandingChanged>().Aggregate(Standing.Of(account), ChangeStanding.Evolve);
    }

    public Task<Outcome<Holding>> Issue(HoldingKey key, long units, string reason, string operation, Actor actor, CancellationToken stop) =>
        teller.Ask(new Instruction.IssueRight(key, units, reason, operation), actor, stop);

    public Task<Outcome<Holding>> Transfer(HoldingKey from, int to, long units, string reason, string operation, Actor actor, CancellationToken stop) =>
        teller.Ask(new Instruction.HandOver(from, to, units, reason, operation), actor, stop);

    public Task<Outcome<Holding>> Instruct(Instruction asked, Actor actor, CancellationToken stop) => teller.Ask(asked, actor, stop);

    public async Task<(int Place, Refused? Refused)> Instruct(IReadOnlyList<Instruction> asked, Actor actor, CancellationToken stop) =>
        await teller.Ask(asked, actor, stop) is var answer ? (answer.Place, answer.Refused) : default;

    public async Task<Refused?> Within(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<Instruction> asked, Actor actor) =>
        (await teller.Within(connection, transaction, asked, actor)).Refused;

    public async Task<Refused?> Deduct(NpgsqlConnection connection, NpgsqlTransaction transaction, int account, int points, string reason, Actor actor, CancellationToken stop)
    {
        await using var session = holdings.Session(connection, transaction, actor);
        var refused = await Standings.Deduct(connection, transaction, session, account, points, reason, stop);
        if (refused is null) await session.SaveChangesAsync(stop);
        return refused;
    }

    public Task<IReadOnlyList<Cancellation>> Cancellations(long beforeId, int most, CancellationToken stop) => Operations.Cancellations(database, beforeId, most, stop);

    public async Task<Supply> Supply(int instrument, CancellationToken stop)
    {
        await using var select = database.CreateCommand("select issued, surrendered, cancelled, retired, expired, reversed from registry.supply where instrument = $1");
        select.Parameters.Add(new() { Value = instrument });
        await using var r = await select.ExecuteReaderAsync(stop);
        return await r.ReadAsync(stop) ? new(instrument, r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5)) : Contracts.Supply.None(instrument);
    }

    public async Task<Expiry> Expire(CancellationToken stop)
    {
        var today = Eligibility.Day(clock.GetCurrentInstant());
        var (due, held) = (new List<Instruction.Expire>(), 0);
        await using (var select = database.CreateCommand(
                         """
                         select h.account, h.instrument, h.version, h.available, i.valid_through, earmarked + pledged + frozen + awaiting + held
                         from registry.holdings h join registry.instruments i on i.number = h.instrument
                         where i.valid_through < $1 and available + earmarked + pledged + frozen + awaiting + held > 0 order by 1, 2
                         """))
        {
            select.Parameters.Add(new() { Value = today.ToDateOnly() });
            await using var rows = await select.ExecuteReaderAsync(stop);
            while (await rows.ReadAsync(stop))
            {
                if (rows.GetInt64(5) > 0) held++;
                // The version makes the key: what comes back later is another matter.
                if (rows.GetInt64(3) > 0) due.Add(new(new(rows.GetInt32(0), rows.GetInt32(1)), LocalDate.FromDateOnly(rows.GetFieldValue<DateOnly>(4)), $"{Instruction.OfTheHouse}expiry/{rows.GetInt32(1)}/{rows.GetInt64(2)}"));
            }
        }

        var outcomes = await Task.WhenAll(due.Select(d => teller.Ask(d, Actor.System, stop)));
        return new(outcomes.Count(o => o.Refused is null), held);
    }

    private async Task Append(NpgsqlConnection connection, NpgsqlTransaction transaction, Actor actor, string stream, object happened, CancellationToken stop)
    {
        await using var session = holdings.Session(connection, transaction, actor);
        session.Events.Append(stream, 1, happened);
        await session.SaveChangesAsync(stop);
    }
}

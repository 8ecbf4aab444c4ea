using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Policies.Pollutant;
using Trading.Registry.Proposals;
using Trading.Registry.Transfers;

namespace Trading.Registry.Leases;

/// <param name="Quantity">In the legal unit.</param>
/// <param name="Through">Last day in Asia/Shanghai.</param>
internal sealed record LeaseAsked(string Symbol, string From, string To, decimal Quantity, LocalDate Through);

/// <summary>R-POL-08, R-POL-10: an operator brings the contract of both, a regulator approves; the lessee holds it under a hold of its own until it returns.</summary>
internal sealed class LeaseDesk(NpgsqlDataSource database, Teller teller, ICaps caps, IDirectory directory, IRules rules, IClock clock) : ProposalKind<LeaseAsked>, IRightLeases
{
    private const string Columns = "id, instrument, account, lessee, units, through, returned_us";

    public override string Name => "lease";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(LeaseAsked body, Actor asker, Instant now, CancellationToken stop) => ((await Rule(body, now, stop)).Refused, body.From);

    protected override async Task<Refused?> CarryOut(LeaseAsked body, CarryingOut step, CancellationToken stop)
    {
        var (parties, refused) = await Rule(body, step.At, stop);
        if (refused is not null) return refused;
        var (from, to, reference) = (new HoldingKey(parties!.From.Account, parties.Instrument.Number), new HoldingKey(parties.To.Account, parties.Instrument.Number), Reference(step.Proposal.Id));
        var answer = await teller.Within(step.Connection, step.Transaction,
            [new Instruction.HandOver(from, to.Account, parties.Units, step.Proposal.Reason, reference), new Instruction.Keep(to, parties.Units, HoldReason.Lease, reference, reference)], step.By);
        if (answer.Refused is { } no) return no;
        await using var insert = Statement.Of(step.Connection, step.Transaction, $"insert into registry.leases ({Columns}) values ($1, $2, $3, $4, $5, $6, null)",
            step.Proposal.Id, parties.Instrument.Number, from.Account, to.Account, parties.Units, body.Through.ToDateOnly());
        await insert.ExecuteNonQueryAsync(stop);
        // For the years it runs the lessee's county may use it.
        return Cap.Moved(parties.Instrument, parties.From, parties.To, parties.Units, Eligibility.Day(step.At).Year, body.Through.Year, reference) is { } moved
            ? await caps.Book(step.Session, step.Connection, step.Transaction, [moved], stop) : null;
    }

    public async Task<IReadOnlyList<RightLease>> All(int? account, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null, $"select {Columns} from registry.leases where id < $1 and ($2::integer is null or account = $2 or lessee = $2) order by id desc limit $3", beforeId, account, most);
        return await Read(select, stop);
    }

    public async Task<int> ReturnDue(CancellationToken stop)
    {
        var now = Micros.Now(clock);
        List<RightLease> due;
        await using (var connection = await database.OpenConnectionAsync(stop))
        {
            await using var select = Statement.Of(connection, null, $"select {Columns} from registry.leases where returned_us is null and through < $1 order by id", Eligibility.Day(now).ToDateOnly());
            due = await Read(select, stop);
        }

        var (returned, failed) = (0, new List<Exception>());
        foreach (var lease in due)
        {
            try
            {
                await Return(lease, now, stop);
                returned++;
            }
            catch (Exception stuck) when (stuck is not OperationCanceledException)
            {
                // The others return all the same.
                failed.Add(stuck);
            }
        }

        return failed.Count == 0 ? returned : throw new AggregateException(failed);
    }

    /// <summary>What is held for it is all there: nothing else could take it.</summary>
    private async Task Return(RightLease lease, Instant now, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var mark = Statement.Of(connection, transaction, "update registry.leases set returned_us = $2 where id = $1 and returned_us is null", lease.Id, Micros.Of(now)))
        {
            if (await mark.ExecuteNonQueryAsync(stop) == 0) return;
        }

        var (held, reference) = (new HoldingKey(lease.To, lease.Instrument), Reference(lease.Id));
        var answer = await teller.Within(connection, transaction,
            [new Instruction.LiftHold(held, lease.Units, reference, reference + "/ends"), new Instruction.HandOver(held, lease.From, lease.Units, reference, reference + "/returns")], Actor.System);
        if (answer.Refused is { } refused) throw new InvalidOperationException($"lease {lease.Id} does not return: {refused.Code} {string.Join(' ', refused.Values)}");
        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task<Outcome<Parties>> Rule(LeaseAsked body, Instant at, CancellationToken stop)
    {
        var (catalog, book, today) = (await directory.Current(stop), await rules.Current(stop), Eligibility.Day(at));
        var (parties, refused) = Parties.Of(body.Symbol, body.From, body.To, body.Quantity, catalog);
        if (refused is not null) return refused;
        var (terms, missing) = book.Of<PermitTerms>(at);
        if (missing is not null) return missing;
        if (body.Through < today || body.Through >= today.PlusMonths(terms!.LeaseMonthsMost))
            return Refused.Because("LEASE_TERM", "R-POL-08", ("months", terms!.LeaseMonthsMost)).With("through", body.Through).With("today", today);
        var ruling = Eligibility.Judge(new(catalog.Party(parties!.From), catalog.Party(parties.To), parties.Instrument, parties.Units), book, at);
        if (ruling.Refused is not null) return ruling.Refused;
        return ruling.ValidThrough < body.Through ? Refused.Because("RIGHT_EXPIRED", "R-POL-08").With("validThrough", ruling.ValidThrough.Value).With("through", body.Through) : parties;
    }

    private static Task<List<RightLease>> Read(NpgsqlCommand command, CancellationToken stop) => command.Rows(r =>
        new RightLease(r.GetInt64(0), r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt64(4), LocalDate.FromDateOnly(r.GetFieldValue<DateOnly>(5)), r.IsDBNull(6) ? null : Micros.At(r.GetInt64(6))), stop);

    private static string Reference(long id) => "lease/" + id.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Holds;
using Trading.Registry.Policies.Common;
using Trading.Registry.Proposals;
using Trading.Registry.Transfers;

namespace Trading.Registry.Compliance;

/// <param name="Quantity">What is owed, in the legal unit; it may be more than there is.</param>
/// <param name="Obligation">Period or document, e.g. "2025"; one of a participant and instrument is met once.</param>
internal sealed record DebitAsked(string Participant, string Symbol, decimal Quantity, string Obligation);

/// <summary>
/// What a participant owes is taken from what it has (R-REG-03). From the moment it is submitted it is a hold; approved, what there is is surrendered, and
/// what is missing becomes the base of a penalty. No balance falls below zero.
/// </summary>
internal sealed class ComplianceDebits(NpgsqlDataSource database, Teller teller, WaitingHold waiting, IDirectory directory, IRules rules) : ProposalKind<DebitAsked>, IShortfalls
{
    private const string Columns = "id, account, instrument, obligation, due, met, rate, fen, at_us, reversed_us";

    public override string Name => "compliance-debit";

    public override IReadOnlyCollection<string> Proposers => ["operator", "regulator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(DebitAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(body.Obligation) || body.Obligation.Length > 60) return (Refused.Because("REASON_REQUIRED", "R-REG-10").With("path", "obligation"), null);
        return (Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop)).Refused ?? (await rules.Current(stop)).Of<ShortfallPenalty>(now).Refused, body.Participant);
    }

    protected override async Task<Refused?> Asked(DebitAsked body, CarryingOut step, CancellationToken stop)
    {
        var (part, refused) = Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop));
        if (refused is not null) return refused;
        await using var claim = Statement.Of(step.Connection, step.Transaction, "insert into registry.obligations values ($1, $2, $3, $4) on conflict do nothing", part!.Of.Account, part.Instrument.Number, body.Obligation.Trim(), step.Proposal.Id);
        return await claim.ExecuteNonQueryAsync(stop) == 1 ? await waiting.Keep(step, part, Reference(step), stop) : Refused.Because("OBLIGATION_MET", "R-REG-09").With("obligation", body.Obligation.Trim());
    }

    protected override async Task<Refused?> CarryOut(DebitAsked body, CarryingOut step, CancellationToken stop)
    {
        var (part, refused) = Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop));
        var (penalty, missing) = (await rules.Current(stop)).Of<ShortfallPenalty>(step.At);
        if ((refused ?? missing) is { } no) return no;
        var (holding, kept, end) = await waiting.Of(step, part!, Reference(step), stop);
        // What came in since it was submitted counts too.
        var met = Math.Min(part!.Units, kept + holding.Available);
        var asked = new List<Instruction>();
        if (end is not null) asked.Add(end);
        if (met > 0) asked.Add(new Instruction.Surrender(part.Key, met, body.Obligation.Trim(), "surrender/" + Reference(step)));
        if ((await teller.Within(step.Connection, step.Transaction, asked, step.By)).Refused is { } less) return less;
        if (met == part.Units) return null;
        if (Quotes.Fen(part.Instrument.Quantity(part.Units - met), penalty!.YuanPerUnit) is not { } fen) return Refused.Because("BALANCE_OVERFLOW", null, ("missing", part.Units - met));
        await using var insert = Statement.Of(step.Connection, step.Transaction,
            "insert into registry.shortfalls (account, instrument, obligation, due, met, rate, fen, at_us) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            part.Of.Account, part.Instrument.Number, body.Obligation.Trim(), part.Units, met, penalty.YuanPerUnit, fen, Micros.Of(step.At));
        await insert.ExecuteNonQueryAsync(stop);
        return null;
    }

    protected override async Task<Refused?> Rejected(DebitAsked body, CarryingOut step, CancellationToken stop)
    {
        var (part, refused) = Parties.Part(body.Symbol, body.Participant, body.Quantity, await directory.Current(stop));
        if (refused is not null) return refused;
        // What was turned down may be submitted again.
        await using var free = Statement.Of(step.Connection, step.Transaction, "delete from registry.obligations where proposal = $1", step.Proposal.Id);
        await free.ExecuteNonQueryAsync(stop);
        return await waiting.LetGo(step, part!, Reference(step), stop);
    }

    public async Task<IReadOnlyList<Shortfall>> All(int? account, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null, $"select {Columns} from registry.shortfalls where id < $1 and ($2::integer is null or account = $2) order by id desc limit $3", beforeId, account, most);
        return await select.Rows(r => new Shortfall(r.GetInt64(0), new(r.GetInt32(1), r.GetInt32(2)), r.GetString(3), r.GetInt64(4), r.GetInt64(5), r.GetDecimal(6), r.GetInt64(7), Micros.At(r.GetInt64(8)), r.IsDBNull(9) ? null : Micros.At(r.GetInt64(9))), stop);
    }

    private static string Reference(CarryingOut step) => "debit/" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Policies.Common;

namespace Trading.Registry.Compliance;

/// <param name="Quantity">In the legal unit; as much as stands, or less.</param>
internal sealed record ReversalAsked(long Surrender, decimal Quantity);

/// <summary>
/// A surrender that was wrong is taken back inside its window (R-REG-10): by a reversing event, asked by one person and approved by another. Asked in time is in time.
/// </summary>
internal sealed class SurrenderReversals(NpgsqlDataSource database, Teller teller, IDirectory directory, IRules rules) : ProposalKind<ReversalAsked>
{
    public const string Columns = "id, account, instrument, version, units, reversed, obligation, at_us";

    public override string Name => "surrender-reversal";

    public override IReadOnlyCollection<string> Proposers => ["enterprise", "county", "operator", "regulator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(ReversalAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        var found = await Find(connection, null, body.Surrender, stop);
        var (standing, refused) = await Standing(found, body, now, stop);
        if (refused is not null) return (refused, null);
        var owner = (await directory.Current(stop)).Participant(standing!.Of.Holding.Account)!.Id;
        return asker.Participant is { } own && own != owner ? (Refused.Because("FORBIDDEN", "R-REG-10", ("surrender", body.Surrender)), null) : (null, owner);
    }

    protected override async Task<Refused?> CarryOut(ReversalAsked body, CarryingOut step, CancellationToken stop)
    {
        var found = await Find(step.Connection, step.Transaction, body.Surrender, stop);
        var (standing, refused) = await Standing(found, body, step.Proposal.ProposedAt, stop);
        if (refused is not null) return refused;
        var (surrender, units) = (standing!.Of, standing.Units);
        var reference = "surrender-reversal/" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture);
        if ((await teller.Within(step.Connection, step.Transaction, [new Instruction.ReverseSurrender(surrender.Holding, units, surrender.Version, step.Proposal.Reason, reference)], step.By)).Refused is { } no) return no;
        // What a debit took and nothing of stands any more is owed anew, and its shortfall is none.
        await using var free = Statement.Of(step.Connection, step.Transaction,
            """
            with free as (
                delete from registry.obligations o where account = $1 and instrument = $2 and obligation = $3
                and not exists (select 1 from registry.surrenders s where s.account = $1 and s.instrument = $2 and s.obligation = $3 and s.units > s.reversed) returning 1)
            update registry.shortfalls set reversed_us = $4 where account = $1 and instrument = $2 and obligation = $3 and reversed_us is null and exists (select 1 from free)
            """, surrender.Holding.Account, surrender.Holding.Instrument, surrender.Obligation, Micros.Of(step.At));
        await free.ExecuteNonQueryAsync(stop);
        return null;
    }

    private sealed record Reversing(Surrender Of, long Units);

    /// <summary>What may be taken back of it, of a command that came at an instant.</summary>
    private async Task<Outcome<Reversing>> Standing(Surrender? found, ReversalAsked body, Instant asked, CancellationToken stop)
    {
        if (found is not { } surrender) return Refused.Because("NOT_FOUND", "R-REG-10", ("surrender", body.Surrender));
        var book = await rules.Current(stop);
        var (window, missing) = book.Of<ReversalWindow>(surrender.At);
        if (missing is not null) return missing;
        if (window!.LastDay(book, surrender.At) is var last && Eligibility.Day(asked) > last)
            return Refused.Because("REVERSAL_WINDOW", "R-REG-10").With("today", Eligibility.Day(asked)).With("until", last);
        var instrument = (await directory.Current(stop)).Instrument(surrender.Holding.Instrument)!;
        if (instrument.Units(body.Quantity) is not { } units) return Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", body.Quantity), ("step", instrument.MinimumUnit));
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", body.Quantity));
        return units > surrender.Standing ? Refused.Because("SURRENDER_STANDING", "R-REG-10", ("needed", units), ("standing", surrender.Standing)) : new Reversing(surrender, units);
    }

    /// <param name="transaction">Null: only looked at; else locked.</param>
    private static async Task<Surrender?> Find(NpgsqlConnection connection, NpgsqlTransaction? transaction, long id, CancellationToken stop)
    {
        await using var select = Statement.Of(connection, transaction, $"select {Columns} from registry.surrenders where id = $1" + (transaction is null ? "" : " for update"), id);
        return (await select.Rows(Read, stop)).SingleOrDefault();
    }

    public static Surrender Read(NpgsqlDataReader r) =>
        new(r.GetInt64(0), new(r.GetInt32(1), r.GetInt32(2)), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5), r.GetString(6), Micros.At(r.GetInt64(7)));
}

using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Proposals;

namespace Trading.Registry.Transfers;

/// <param name="Quantity">In the legal unit.</param>
/// <param name="Operation">Idempotency key of the giver: the same again is done once (R-REG-09).</param>
/// <param name="Serials">Which numbers go (R-REG-04); null: the lowest.</param>
internal sealed record TransferAsked(string Symbol, string From, string To, decimal Quantity, string Operation, SerialRange? Serials);

/// <summary>Non-trade transfer (非交易过户, R-REG-11): merger, split, court, donation. Reviewed by the authority.</summary>
internal sealed class TransferProposals(Teller teller, IDirectory directory, ICaps caps) : ProposalKind<TransferAsked>
{
    public override string Name => "transfer";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(TransferAsked body, Actor asker, Instant now, CancellationToken stop) =>
        (Parties.Of(body.Symbol, body.From, body.To, body.Quantity, await directory.Current(stop)) is var (parties, refused) && refused is null && body.Serials is { } picked && picked.Units != parties!.Units
            ? Refused.Because("SERIALS_NOT_HELD", "R-REG-04", ("quantity", parties.Units), ("picked", picked.Units)) : refused, body.From);

    protected override async Task<Refused?> CarryOut(TransferAsked body, CarryingOut step, CancellationToken stop)
    {
        var (parties, refused) = Parties.Of(body.Symbol, body.From, body.To, body.Quantity, await directory.Current(stop));
        if (refused is not null) return refused;
        var asked = new Instruction.HandOver(new(parties!.From.Account, parties.Instrument.Number), parties.To.Account, parties.Units, step.Proposal.Reason, body.Operation, body.Serials);
        var answer = await teller.Within(step.Connection, step.Transaction, [asked], step.By);
        return answer.Refused ?? await parties.Capped(answer, caps, step, parties.Instrument.ValidThrough?.Year, "transfer/" + body.Operation, stop);
    }
}

/// <param name="Quantity">What the project may newly discharge.</param>
internal sealed record ReplacementAsked(string Symbol, string From, string To, decimal Quantity, bool Strategic, string Operation);

/// <summary>A right for a new project, at the ratio that the rules of the day of approval ask (R-POL-07); the excess is retired to the environment.</summary>
internal sealed class ReplacementProposals(Teller teller, IDirectory directory, IRules rules, ICaps caps) : ProposalKind<ReplacementAsked>
{
    public override string Name => "replacement";

    public override IReadOnlyCollection<string> Proposers => ["operator", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(ReplacementAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        var (parties, ruling, refused) = await Rule(body, now, stop);
        return (refused ?? ruling!.Refused ?? Area.Judge(asker, parties!.To, await directory.Current(stop)), body.From);
    }

    protected override async Task<Refused?> CarryOut(ReplacementAsked body, CarryingOut step, CancellationToken stop)
    {
        var (parties, ruling, refused) = await Rule(body, step.At, stop);
        if ((refused ?? ruling!.Refused) is { } no) return no;
        var asked = new Instruction.Replace(new(parties!.From.Account, parties.Instrument.Number), parties.To.Account, parties.Units, ruling!.Retired, step.Proposal.Reason, body.Operation);
        var answer = await teller.Within(step.Connection, step.Transaction, [asked], step.By);
        return answer.Refused ?? await parties.Capped(answer, caps, step, ruling.ValidThrough?.Year, "replacement/" + body.Operation, stop);
    }

    private async Task<(Parties? Parties, Ruling? Ruling, Refused? Refused)> Rule(ReplacementAsked body, Instant at, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        var (parties, refused) = Parties.Of(body.Symbol, body.From, body.To, body.Quantity, catalog);
        if (refused is not null) return (null, null, refused);
        return (parties, Eligibility.Judge(new(catalog.Party(parties!.From), catalog.Party(parties.To), parties.Instrument, parties.Units, NewProject: true, body.Strategic), await rules.Current(stop), at), null);
    }
}

internal sealed record Parties(Instrument Instrument, Participant From, Participant To, long Units)
{
    public static Outcome<Parties> Of(string symbol, string from, string to, decimal quantity, Catalog catalog)
    {
        if (catalog.Instrument(symbol) is not { } instrument) return Refused.Because("UNKNOWN_SYMBOL", null).With("symbol", symbol);
        if (catalog.Participant(from) is not { } giver) return Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", from);
        if (catalog.Participant(to) is not { } taker) return Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", to);
        if (catalog.Standing(taker.Account).State == AccountState.Closed) return Refused.Because("ACCOUNT_STATE", "R-REG-05").With("participant", to).With("state", "closed");
        if (instrument.Units(quantity) is not { } units) return Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", quantity), ("step", instrument.MinimumUnit));
        return units > 0 ? new Parties(instrument, giver, taker, units) : Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", quantity));
    }

    /// <summary>The caps of both counties follow (R-REG-14), once: what was done before under this key moved them then.</summary>
    public async Task<Refused?> Capped(Teller.Answer answer, ICaps caps, CarryingOut step, int? lastYear, string cause, CancellationToken stop) =>
        answer.Fresh.Count > 0 && Cap.Moved(Instrument, From, To, Units, Eligibility.Day(step.At).Year, lastYear, cause) is { } moved
            ? await caps.Book(step.Session, step.Connection, step.Transaction, [moved], stop) : null;

    /// <summary>One participant and what of his it is about.</summary>
    public static Outcome<Part> Part(string symbol, string participant, decimal quantity, Catalog catalog)
    {
        var (parties, refused) = Of(symbol, participant, participant, quantity, catalog);
        return refused is not null ? refused : new Part(parties!.Instrument, parties.From, parties.Units);
    }
}

internal sealed record Part(Instrument Instrument, Participant Of, long Units)
{
    public HoldingKey Key => new(Of.Account, Instrument.Number);
}

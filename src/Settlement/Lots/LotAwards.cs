using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Lots;

/// <param name="Price">Yuan for each legal unit.</param>
internal sealed record LotAwardAsked(long Lot, string Participant, decimal Price);

/// <summary>Who won a lot and at what price: an operator says so, the authority confirms it (R-POL-13). Everybody else's deposit goes back in the same transaction.</summary>
internal sealed class LotAwards(LotDesk lots, LedgerStore store, IDirectory directory, IRules rules) : ProposalKind<LotAwardAsked>
{
    public override string Name => "lot-award";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(LotAwardAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        if (await lots.Find(body.Lot, stop) is not { } lot) return (Refused.Because("NOT_FOUND", null), null);
        return ((await Decide(body, lot, await lots.Deposits(lot.Id, null, stop), now, stop)).Refused, body.Participant);
    }

    protected override async Task<Refused?> CarryOut(LotAwardAsked body, CarryingOut step, CancellationToken stop)
    {
        if (await LotRows.Read(step.Connection, step.Transaction, "where id = $1 for update", stop, body.Lot) is not [var lot]) return Refused.Because("NOT_FOUND", null);
        var deposits = await LotRows.Deposits(step.Connection, step.Transaction, lot.Id, null, stop);
        var (awarded, refused) = await Decide(body, lot, deposits, step.At, stop);
        if (refused is not null) return refused;
        var books = await store.Lock(step.Connection, step.Transaction, LotDesk.Keys(lot, awarded!.Lot.Winner!.Value, awarded.Changed.Select(d => d.Account)), stop);
        return await lots.Book(step.Connection, step.Transaction, books, awarded, step.By, stop);
    }

    private async Task<Outcome<LotStep>> Decide(LotAwardAsked body, Lot lot, IReadOnlyList<Deposit> deposits, Instant at, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        if (catalog.Participant(body.Participant) is not { } winner) return Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", body.Participant);
        var (terms, missing) = DepositsNow.Of(await rules.Current(stop), at);
        return missing is not null ? missing : LotDecisions.Award(lot, deposits, winner.Account, body.Price, Quotes.Fen(catalog.Instrument(lot.Instrument)!.Quantity(lot.Units), body.Price), terms!, at);
    }
}

using Npgsql;
using Trading.Registry.Compliance;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;

namespace Trading.Registry.Pledges;

internal sealed class SurrenderDesk(NpgsqlDataSource database, Teller teller, IHoldings holdings, IDirectory directory, IPledges pledges, IProposals proposals) : ISurrenders
{
    public async Task<IReadOnlyList<Surrender>> All(int? account, long beforeId, int most, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = Statement.Of(connection, null, $"select {SurrenderReversals.Columns} from registry.surrenders where id < $1 and ($2::integer is null or account = $2) order by id desc limit $3", beforeId, account, most);
        return await select.Rows(SurrenderReversals.Read, stop);
    }

    public async Task<Outcome<Surrendering>> Surrender(Instruction.Surrender asked, Actor actor, CancellationToken stop)
    {
        var (after, refused) = await teller.Ask(asked, actor, stop);
        if (refused is null) return new Surrendering(after, null);
        if (refused.Code != "INSUFFICIENT_AVAILABLE") return refused;
        var catalog = await directory.Current(stop);
        var (owner, instrument) = (catalog.Participant(asked.Holding.Account)!, catalog.Instrument(asked.Holding.Instrument)!);
        var available = (await holdings.Of(asked.Holding, stop)).Available;
        if ((await pledges.Standing(owner.Id, stop)).FirstOrDefault(p => p.Holding == asked.Holding && p.Standing >= asked.Units - available) is not { } pledge) return refused;
        // Asked again while it waits: it is the same request.
        var waiting = await proposals.Concerning(owner.Id, ProposalState.Proposed, long.MaxValue, 500, stop);
        var body = StrictJson.Write(new PledgedSurrenderAsked(owner.Id, instrument.Symbol, instrument.Quantity(asked.Units), asked.Obligation, asked.Operation, pledge.Id, pledge.Pledgee));
        if (waiting.FirstOrDefault(p => p.Kind == PledgedSurrenders.Kind && p.Body == body) is { } same) return new Surrendering(null, same);
        var (proposal, no) = await proposals.Propose(PledgedSurrenders.Kind, body, asked.Obligation, actor, stop);
        return no is not null ? no : new Surrendering(null, proposal);
    }
}

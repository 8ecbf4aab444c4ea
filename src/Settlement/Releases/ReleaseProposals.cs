using System.Globalization;
using NodaTime;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Releases;

/// <param name="Quantity">In the legal unit.</param>
/// <param name="Price">Listed price, yuan for each legal unit.</param>
internal sealed record ReleaseAsked(string Reserve, string Symbol, decimal Quantity, decimal Price);

/// <summary>Opens a sale by a government reserve: what it puts up is held from then on.</summary>
internal sealed class ReleaseProposals(IRegister register, IDirectory directory) : ProposalKind<ReleaseAsked>
{
    public override string Name => "release";

    public override IReadOnlyCollection<string> Proposers => ["operator", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    public static string Reference(long release) => "release/" + release.ToString(CultureInfo.InvariantCulture);

    protected override async Task<(Refused? Refused, string? Affected)> Judge(ReleaseAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        var catalog = await directory.Current(stop);
        var (offer, refused) = Of(body, catalog);
        if (refused is not null) return (refused, null);
        // A county puts up what lies in its own area.
        return Area.IsElsewhere(asker, offer!.Reserve, catalog) ? (Refused.Because("FORBIDDEN", "R-POL-11").With("region", offer.Reserve.Region), null) : (null, null);
    }

    protected override async Task<Refused?> CarryOut(ReleaseAsked body, CarryingOut step, CancellationToken stop)
    {
        var (offer, refused) = Of(body, await directory.Current(stop));
        if (refused is not null) return refused;
        var (key, reference) = (new HoldingKey(offer!.Reserve.Account, offer.Instrument.Number), Reference(step.Proposal.Id));
        if (await register.Within(step.Connection, step.Transaction, [new Instruction.Keep(key, offer.Units, HoldReason.Release, reference, reference)], step.By) is { } no) return no;
        await using var insert = LedgerStore.Sql(step.Connection, step.Transaction, $"insert into settlement.releases ({ReleaseDesk.Columns}) values ($1, $2, $3, $4, $5, $6, $7, null)",
            step.Proposal.Id, offer.Instrument.Number, offer.Reserve.Account, offer.Units, body.Price, (short)ReleaseState.Open, Time.Micros(step.At));
        await insert.ExecuteNonQueryAsync(stop);
        return null;
    }

    private sealed record Offer(Participant Reserve, Instrument Instrument, long Units);

    private static Outcome<Offer> Of(ReleaseAsked body, Catalog catalog)
    {
        if (catalog.Participant(body.Reserve) is not { Kind: ParticipantKind.Reserve } reserve) return Refused.Because("RESERVE_MISSING", "R-POL-11").With("participant", body.Reserve);
        if (catalog.Instrument(body.Symbol) is not { } instrument) return Refused.Because("UNKNOWN_SYMBOL", null).With("symbol", body.Symbol);
        if (instrument.Units(body.Quantity) is not { } units) return Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", body.Quantity), ("step", instrument.MinimumUnit));
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", body.Quantity));
        return body.Price > 0 && TradingUnit.Fen(body.Price) is not null ? new Offer(reserve, instrument, units) : Refused.Because("PRICE_NOT_POSITIVE", null, ("price", body.Price));
    }
}

internal sealed record AwardAsked(long Release);

/// <summary>Ends it: awards, and rights against money for each, in one transaction. What nobody took is the reserve's to dispose of again.</summary>
internal sealed class AwardProposals(LedgerStore store, IRegister register, ICaps caps, IDirectory directory, IRules rules, IReleases releases) : ProposalKind<AwardAsked>
{
    public override string Name => "release-award";

    public override IReadOnlyCollection<string> Proposers => ["operator"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(AwardAsked body, Actor asker, Instant now, CancellationToken stop) =>
        (await releases.Find(body.Release, stop) is not { } release ? Refused.Because("NOT_FOUND", null) : Open(release), null);

    protected override async Task<Refused?> CarryOut(AwardAsked body, CarryingOut step, CancellationToken stop)
    {
        await using var locking = LedgerStore.Sql(step.Connection, step.Transaction, $"select {ReleaseDesk.Columns} from settlement.releases where id = $1 for update", body.Release);
        if (await ReleaseDesk.Read(locking, stop) is not [var release]) return Refused.Because("NOT_FOUND", null);
        if (Open(release) is { } over) return over;
        await using var asked = LedgerStore.Sql(step.Connection, step.Transaction, $"select {ReleaseDesk.RequestColumns} from settlement.release_requests where release = $1 order by id", release.Id);
        var requests = await ReleaseDesk.ReadRequests(asked, stop);
        var (catalog, book) = (await directory.Current(stop), await rules.Current(stop));
        var (instrument, reserve) = (catalog.Instrument(release.Instrument)!, catalog.Participant(release.Reserve)!);
        // Holdings before money, as everywhere: the awards need to know what can be paid, so all that may receive are locked first.
        var keys = new Keys();
        keys.Holdings.Add(new(reserve.Account, instrument.Number));
        keys.Funds.Add(reserve.Account);
        foreach (var request in requests)
        {
            keys.Holdings.Add(new(request.Account, instrument.Number));
            keys.Funds.Add(request.Account);
        }

        var books = await store.Lock(step.Connection, step.Transaction, keys, stop);
        var cash = requests.Select(r => r.Account).Distinct().ToDictionary(a => a, a => books.Funds[a].Now.Available);
        var awards = KeyProjectsFirst.Award(release, instrument, requests, r => Quotes.IsKeyProject(catalog.Participant(r.Account)!.Id, r.Project, book, step.At), cash,
            r => Eligibility.Judge(new(catalog.Party(reserve), catalog.Party(catalog.Participant(r.Account)!), instrument, r.Units, BuyerHolds: books.Holdings[new(r.Account, instrument.Number)].Now.Total), book, step.At).Refused);
        var reference = ReleaseProposals.Reference(release.Id);
        foreach (var award in awards.Where(a => a.Awarded > 0))
        {
            books.Book(new() { Money = Money.Move(string.Create(CultureInfo.InvariantCulture, $"{reference}/{award.Id}"), new(award.Account, Bucket.Available, -award.Paid), new(reserve.Account, Bucket.Available, award.Paid)) });
        }

        StandingFreezes.Take(books);
        if (await store.Write(step.Connection, step.Transaction, books, step.By, stop) is { } above) return above;
        var held = new HoldingKey(reserve.Account, instrument.Number);
        List<Instruction> moves = [new Instruction.LiftHold(held, release.Units, reference, reference + "/ends")];
        moves.AddRange(awards.Where(a => a.Awarded > 0).Select(a => new Instruction.HandOver(held, a.Account, a.Awarded, step.Proposal.Reason, string.Create(CultureInfo.InvariantCulture, $"{reference}/{a.Id}"))));
        if (await register.Within(step.Connection, step.Transaction, moves, step.By) is { } no) return no;
        await Write(step, release, awards, stop);
        return await caps.Book(step.Session, step.Connection, step.Transaction, Capped(release, awards, instrument, reserve, catalog, step.At), stop);
    }

    private static Refused? Open(ReserveRelease release) => release.State == ReleaseState.Open ? null : Refused.Because("RELEASE_STATE", "R-POL-11").With("state", release.State.ToString());

    /// <summary>Out of the reserve of its county into what is allocated there, and with it where the buyer is elsewhere.</summary>
    private static List<(string Indicator, CapEvent Happened)> Capped(ReserveRelease release, IReadOnlyList<ReleaseRequest> awards, Instrument instrument, Participant reserve, Catalog catalog, Instant at)
    {
        var events = new List<(string, CapEvent)>();
        if (Cap.IndicatorOf(instrument) is not { } indicator || awards.Sum(a => a.Awarded) is not (> 0 and var sold)) return events;
        var (year, units, cause) = (Eligibility.Day(at).Year, Cap.Of(instrument, sold), ReleaseProposals.Reference(release.Id));
        var last = Math.Max(year, instrument.ValidThrough?.Year ?? year);
        events.Add((indicator, new CapEvent.Released(reserve.Region, year, last, units, cause)));
        foreach (var award in awards.Where(a => a.Awarded > 0))
        {
            if (CapsOfCounties.Moved(catalog, instrument.Number, reserve.Account, award.Account, award.Awarded, at, cause) is { } moved) events.Add(moved);
        }

        return events;
    }

    private static async Task Write(CarryingOut step, ReserveRelease release, IReadOnlyList<ReleaseRequest> awards, CancellationToken stop)
    {
        await using (var end = LedgerStore.Sql(step.Connection, step.Transaction, "update settlement.releases set state = 2, awarded_us = $2 where id = $1", release.Id, Time.Micros(step.At))) await end.ExecuteNonQueryAsync(stop);
        await using var update = LedgerStore.Sql(step.Connection, step.Transaction,
            "update settlement.release_requests r set awarded = c.awarded, price = c.price, paid = c.paid, why = c.why from unnest($1, $2, $3, $4, $5) as c(id, awarded, price, paid, why) where r.id = c.id",
            awards.Select(a => a.Id).ToArray(), awards.Select(a => a.Awarded).ToArray(), awards.Select(a => a.Price).ToArray(), awards.Select(a => a.Paid).ToArray(), awards.Select(a => a.Why).ToArray());
        await update.ExecuteNonQueryAsync(stop);
    }
}

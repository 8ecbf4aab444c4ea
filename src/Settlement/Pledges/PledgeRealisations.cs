using System.Globalization;
using NodaTime;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Freezes;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Pledges;

/// <param name="Quantity">In the legal unit; as much as stands, or less.</param>
/// <param name="Price">Yuan for each legal unit.</param>
internal sealed record RealisationAsked(long Pledge, string Buyer, decimal Quantity, decimal Price);

/// <summary>
/// R-REG-07: a loan that is not paid back. The pledgee names a buyer and a price, not below the floor; approved, the right goes to the buyer and his money to the pledgee,
/// in one transaction. What is above the debt the two settle between them: the register does not know what is owed.
/// </summary>
internal sealed class PledgeRealisations(NpgsqlDataSource database, LedgerStore store, IRegister register, IPledges pledges, ICaps caps, IListings listings, IDirectory directory, IRules rules) : ProposalKind<RealisationAsked>
{
    public override string Name => "pledge-realisation";

    public override IReadOnlyCollection<string> Proposers => ["enterprise", "county"];

    public override IReadOnlyCollection<string> Approvers => ["regulator"];

    protected override async Task<(Refused? Refused, string? Affected)> Judge(RealisationAsked body, Actor asker, Instant now, CancellationToken stop)
    {
        var (sale, refused) = await Of(body, now, stop);
        if (refused is not null) return (refused, null);
        return sale!.Pledge.Pledgee == asker.Participant ? (null, sale.Pledge.Pledgor) : (Refused.Because("FORBIDDEN", "R-REG-07", ("pledge", body.Pledge)), null);
    }

    protected override async Task<Refused?> CarryOut(RealisationAsked body, CarryingOut step, CancellationToken stop)
    {
        var (sale, refused) = await Of(body, step.At, stop);
        if (refused is not null) return refused;
        var (pledge, instrument, buyer, pledgee, units, fen) = sale!;
        var reference = "realisation/" + step.Proposal.Id.ToString(CultureInfo.InvariantCulture);
        var keys = new Keys();
        keys.Holdings.Add(pledge.Holding);
        keys.Holdings.Add(new(buyer.Account, instrument.Number));
        keys.Funds.Add(buyer.Account);
        keys.Funds.Add(pledgee.Account);
        var books = await store.Lock(step.Connection, step.Transaction, keys, stop);
        if (books.Funds[buyer.Account].Now.Available is var cash && cash < fen) return Refused.Because("INSUFFICIENT_CASH", "R-SET-01", ("needed", TradingUnit.Yuan(fen)), ("available", TradingUnit.Yuan(cash)));
        if (buyer.Account != pledgee.Account) books.Book(new() { Money = Money.Move(reference, new(buyer.Account, Bucket.Available, -fen), new(pledgee.Account, Bucket.Available, fen)) });
        StandingFreezes.Take(books);
        if (await store.Write(step.Connection, step.Transaction, books, step.By, stop) is { } above) return above;
        if (await register.Within(step.Connection, step.Transaction,
                [new Instruction.LiftHold(pledge.Holding, units, Pledge.Reference(pledge.Id), reference), new Instruction.HandOver(pledge.Holding, buyer.Account, units, step.Proposal.Reason, reference + "/over")], step.By) is { } no) return no;
        return CapsOfCounties.Moved(await directory.Current(stop), instrument.Number, pledge.Holding.Account, buyer.Account, units, step.At, reference) is { } moved
            ? await caps.Book(step.Session, step.Connection, step.Transaction, [moved], stop) : null;
    }

    private sealed record Sale(Pledge Pledge, Instrument Instrument, Participant Buyer, Participant Pledgee, long Units, long Fen);

    private async Task<Outcome<Sale>> Of(RealisationAsked body, Instant at, CancellationToken stop)
    {
        var (catalog, book) = (await directory.Current(stop), await rules.Current(stop));
        if (await pledges.Find(body.Pledge, stop) is not { } pledge) return Refused.Because("NOT_FOUND", "R-REG-07", ("pledge", body.Pledge));
        if (catalog.Participant(body.Buyer) is not { } buyer) return Refused.Because("UNKNOWN_ACCOUNT", null).With("participant", body.Buyer);
        var (instrument, pledgor) = (catalog.Instrument(pledge.Holding.Instrument)!, catalog.Participant(pledge.Holding.Account)!);
        if (instrument.Units(body.Quantity) is not { } units) return Refused.Because("TOO_MANY_DECIMALS", null, ("quantity", body.Quantity), ("step", instrument.MinimumUnit));
        if (units > pledge.Standing) return Refused.Because("HOLD_STANDING", "R-REG-07", ("needed", body.Quantity), ("standing", instrument.Quantity(pledge.Standing)));
        // Judged as a sale, but not by the pledgor's own standing: it is not he who sells.
        if (Eligibility.Judge(new(new(pledgor, Standing.Of(pledgor.Account)), catalog.Party(buyer), instrument, units), book, at).Refused is { } cannot) return cannot;
        if (await Close(instrument.Number, stop) is { } close)
        {
            var (least, missing) = Quotes.PledgeFloor(close, book, at);
            if (missing is not null) return missing;
            if (body.Price < least!.Yuan) return Refused.Because("PRICE_BELOW_LIMIT", "R-REG-07", ("price", body.Price), ("limit", least.Yuan), ("close", close));
        }

        return body.Price > 0 && Quotes.Fen(instrument.Quantity(units), body.Price) is { } fen
            ? new Sale(pledge, instrument, buyer, catalog.Participant(pledge.Pledgee)!, units, fen) : Refused.Because("PRICE_NOT_POSITIVE", null, ("price", body.Price));
    }

    /// <summary>The last price at which it traded, else its reference; null: it was never traded nor listed with one, and any price is as good.</summary>
    private async Task<decimal?> Close(int instrument, CancellationToken stop)
    {
        if (!(await listings.Current(stop)).TryGetValue(instrument, out var listing)) return null;
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var select = LedgerStore.Sql(connection, null, "select ticks from settlement.deliveries where instrument = $1 and state <> 7 order by trade_no desc limit 1", instrument);
        return await select.ExecuteScalarAsync(stop) is long ticks ? listing.Unit.Price(ticks) : listing.Reference is { } reference ? listing.Unit.Price(reference) : null;
    }
}

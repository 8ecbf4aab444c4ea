using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Ledger;

/// <summary>What trades and offers do to the total control of counties (R-REG-14, R-ENE-03). Pure.</summary>
internal static class CapsOfCounties
{
    /// <summary>From the seller's county to the buyer's, for each year that the right still runs; null: inside one county, or of a class without caps.</summary>
    public static (string Indicator, CapEvent Happened)? Moved(Catalog catalog, int instrument, int seller, int buyer, long units, Instant at, string cause)
    {
        if (catalog.Instrument(instrument) is not { } right || Cap.IndicatorOf(right) is not { } indicator) return null;
        if (catalog.Participant(seller)?.Region is not { } from || catalog.Participant(buyer)?.Region is not { } to || from == to) return null;
        var year = Eligibility.Day(at).Year;
        return (indicator, new CapEvent.Moved(from, to, Cap.Of(right, units), year, Math.Max(year, right.ValidThrough?.Year ?? year), cause));
    }

    /// <summary>A county brings of its new quota to the market, or takes it back.</summary>
    public static (string Indicator, CapEvent Happened)? Offered(Catalog catalog, Transfer transfer, long units, Instant at, string cause) =>
        catalog.Instrument(transfer.Instrument) is { Class: RightClass.Energy } right && catalog.Participant(transfer.Account) is { Kind: ParticipantKind.County } county
            ? (Cap.IndicatorOf(right)!, new CapEvent.Offered(county.Region, Eligibility.Day(at).Year, Cap.Of(right, units), cause))
            : null;
}

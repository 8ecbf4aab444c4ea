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
        return catalog.Instrument(instrument) is { } right && catalog.Participant(seller) is { } from && catalog.Participant(buyer) is { } to
            ? Cap.Moved(right, from, to, units, Eligibility.Day(at).Year, right.ValidThrough?.Year, cause) : null;
    }

    /// <summary>A county brings of its new quota to the market, or takes it back.</summary>
    public static (string Indicator, CapEvent Happened)? Offered(Catalog catalog, Transfer transfer, long units, Instant at, string cause) =>
        catalog.Instrument(transfer.Instrument) is { Class: RightClass.Energy } right && catalog.Participant(transfer.Account) is { Kind: ParticipantKind.County } county
            ? (Cap.IndicatorOf(right)!, new CapEvent.Offered(county.Region, Eligibility.Day(at).Year, Cap.Of(right, units), cause))
            : null;
}

using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Allocation;

/// <summary>R-POL-11: a right goes back to the government's reserve, what was paid at its original price for the months left, what was free for nothing.</summary>
internal static class ReturnToReserve
{
    public static Outcome<Bought> Decide(Contracts.Allocation allocation, Instrument instrument, long units, Participant? reserve, LocalDate today)
    {
        if (units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", units));
        if (units > allocation.Standing) return Refused.Because("ALLOCATION_STANDING", "R-POL-11", ("quantity", units), ("standing", allocation.Standing));
        if (reserve is null) return Refused.Because("RESERVE_MISSING", "R-POL-11");
        var months = PermitTerms.MonthsLeft(today, allocation.ValidThrough);
        return new Bought(reserve, months, allocation.Price is { } price ? RightPrice.Fen(instrument.Quantity(units), price, months) : 0);
    }

    internal sealed record Bought(Participant Reserve, int Months, long Fen);

    /// <summary>Of the holder's county, else of its prefecture, else of the province.</summary>
    public static Participant? ReserveOf(Catalog catalog, string region) =>
        ((string[])[region, region[..4] + "00", region[..2] + "0000"]).Select(r => catalog.Participants.FirstOrDefault(p => p.Kind == ParticipantKind.Reserve && p.Region == r)).FirstOrDefault(p => p is not null);
}

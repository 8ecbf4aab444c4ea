using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Allocation;

/// <summary>What one line gives: price and fee by the tariff in force, and until when.</summary>
internal sealed record Given(Instrument Instrument, Participant Holder, decimal? Price, long Fen, LocalDate ValidThrough);

internal static class Give
{
    public static Outcome<Given> Decide(AllocationLine line, Catalog catalog, RuleBook rules, Instant at)
    {
        if (catalog.Participant(line.Account) is not { } holder) return Refused.Because("UNKNOWN_ACCOUNT", null, ("account", line.Account));
        if (catalog.Instrument(line.Instrument) is not { } instrument) return Refused.Because("UNKNOWN_INSTRUMENT", null, ("instrument", line.Instrument));
        if (catalog.Standing(line.Account).State == AccountState.Closed) return Refused.Because("ACCOUNT_STATE", "R-REG-05").With("participant", holder.Id).With("state", "closed");
        if (line.Units <= 0) return Refused.Because("QTY_NOT_POSITIVE", null, ("quantity", line.Units));
        if (line.Years is < 1 or > 50) return Refused.Because("OUT_OF_RANGE", "R-POL-03", ("years", line.Years));
        var today = Eligibility.Day(at);
        if (instrument.ValidThrough < today) return Refused.Because("RIGHT_EXPIRED", "R-REG-03").With("validThrough", instrument.ValidThrough.Value).With("today", today);
        var through = today.PlusYears(line.Years).PlusDays(-1);
        if (instrument.ValidThrough is { } last && last < through) through = last;
        if (line.Basis == AllocationBasis.Free) return new Given(instrument, holder, null, 0, through);
        var (tariffs, missing) = rules.Of<Tariffs>(at);
        if (missing is not null) return missing;
        var (tariff, none) = tariffs!.Of(instrument.Basin ?? holder.Basin, instrument.Indicator ?? "none", catalog.Standing(holder.Account).Sector);
        if (none is not null) return none;
        try
        {
            return new Given(instrument, holder, tariff!.YuanPerTonneYear, RightPrice.Fen(instrument.Quantity(line.Units), tariff.YuanPerTonneYear, line.Years * 12), through);
        }
        catch (OverflowException)
        {
            return Refused.Because("BALANCE_OVERFLOW", null, ("quantity", line.Units));
        }
    }
}

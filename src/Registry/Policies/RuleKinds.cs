using System.Collections.Frozen;
using Trading.Registry.Policies.Common;
using Trading.Registry.Policies.Energy;
using Trading.Registry.Policies.Pollutant;

namespace Trading.Registry.Policies;

/// <summary>Every rule that can be set: a class is one folder here and one folder of figures in deploy/demo/rules.</summary>
internal static class RuleKinds
{
    public static readonly FrozenDictionary<string, Type> All = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["common/venues"] = typeof(Venues),
        ["common/prohibited-persons"] = typeof(ProhibitedPersons),
        ["common/credit"] = typeof(CreditGrades),
        ["common/calendar"] = typeof(WorkingCalendar),
        ["common/shortfall"] = typeof(ShortfallPenalty),
        ["common/surrender-reversal"] = typeof(ReversalWindow),
        ["common/transfers"] = typeof(TransferTerms),
        ["common/pledges"] = typeof(PledgeTerms),
        ["common/payouts"] = typeof(PayoutTerms),
        ["common/key-projects"] = typeof(KeyProjects),
        ["common/deposits"] = typeof(DepositTerms),
        ["common/fees"] = typeof(FeeTariff),
        ["common/positions"] = typeof(PositionLimits),
        ["common/delivery"] = typeof(DeliveryProcedures),
        ["pollutant/indicators"] = typeof(Indicators),
        ["pollutant/tariffs"] = typeof(Tariffs),
        ["pollutant/consents"] = typeof(Consents),
        ["pollutant/walls"] = typeof(Walls),
        ["pollutant/attainment"] = typeof(Attainment),
        ["pollutant/replacement"] = typeof(Replacement),
        ["pollutant/terms"] = typeof(PermitTerms),
        ["pollutant/year-end"] = typeof(ExcessDischarge),
        ["energy/purchase"] = typeof(EnergyPurchase),
        ["energy/county-supply"] = typeof(CountySupply),
        ["energy/elastic-cap"] = typeof(ElasticCap),
        ["energy/exclusions"] = typeof(EnergyExclusions),
    }.ToFrozenDictionary(StringComparer.Ordinal);
}

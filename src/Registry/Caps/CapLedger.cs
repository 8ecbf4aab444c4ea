using Trading.Registry.Contracts;
using Trading.Registry.Policies.Energy;

namespace Trading.Registry.Caps;

/// <summary>The caps of one indicator, county by county and year by year.</summary>
internal sealed class CapLedger(string indicator)
{
    private readonly SortedDictionary<(string Region, int Year), Cap> caps = [];

    public IEnumerable<Cap> All => caps.Values;

    public void Put(Cap cap) => caps[(cap.Region, cap.Year)] = cap;

    public Cap this[string region, int year] => caps.GetValueOrDefault((region, year)) ?? Cap.None(region, indicator, year);

    /// <summary>Counties and years that an event touches, in the order in which they are locked.</summary>
    public static IEnumerable<(string Region, int Year)> Touched(CapEvent happened) => happened switch
    {
        CapEvent.LimitSet e => [(e.Region, e.Year)],
        CapEvent.Stretched e => [(e.Region, e.Year)],
        CapEvent.Offered e => [(e.Region, e.Year)],
        CapEvent.Used e => [(e.Region, e.Year)],
        CapEvent.Allocated e => Years(e.FirstYear, e.LastYear).Select(y => (e.Region, y)),
        CapEvent.Reserved e => Years(e.FirstYear, e.LastYear).Select(y => (e.Region, y)),
        CapEvent.Released e => Years(e.FirstYear, e.LastYear).Select(y => (e.Region, y)),
        CapEvent.Moved e => Years(e.FirstYear, e.LastYear).SelectMany(y => ((string, int)[])[(e.From, y), (e.To, y)]).Distinct(),
        _ => throw new InvalidOperationException($"{happened.GetType().Name} is not an event of a cap"),
    };

    /// <summary>Folds one event.</summary>
    public void Evolve(CapEvent happened)
    {
        foreach (var (region, year) in Touched(happened).ToList())
        {
            var cap = this[region, year];
            Put(happened switch
            {
                CapEvent.LimitSet e => cap with { Limit = e.Limit, NewQuota = e.NewQuota },
                CapEvent.Stretched e => cap with { Elastic = cap.Elastic + e.Extra },
                CapEvent.Offered e => cap with { Offered = cap.Offered + e.Units },
                CapEvent.Used e => cap with { Used = e.Units },
                CapEvent.Allocated e => cap with { Allocated = cap.Allocated + e.Units },
                CapEvent.Reserved e => cap with { Reserve = cap.Reserve + e.Units },
                CapEvent.Released e => cap with { Reserve = cap.Reserve - Math.Min(cap.Reserve, e.Units), Allocated = cap.Allocated + Math.Min(cap.Reserve, e.Units) },
                CapEvent.Moved e => cap with { Out = cap.Out + (region == e.From ? e.Units : 0), In = cap.In + (region == e.To ? e.Units : 0) },
                _ => throw new InvalidOperationException($"{happened.GetType().Name} is not an event of a cap"),
            });
        }
    }

    /// <summary>What of it must not be: judged on the caps as they would stand. What trades moved is a fact and never refused here.</summary>
    public Refused? Judge(CapEvent happened, CountySupply? supply)
    {
        if (happened is CapEvent.Offered { Units: > 0 } offered && supply?.Judge(this[offered.Region, offered.Year].NewQuota, this[offered.Region, offered.Year].Offered, offered.Units) is { } above)
            return above.With("region", offered.Region);
        if (happened is not (CapEvent.LimitSet or CapEvent.Allocated or CapEvent.Reserved)) return null;
        var after = new CapLedger(indicator);
        foreach (var (region, year) in Touched(happened)) after.Put(this[region, year]);
        after.Evolve(happened);
        // Taking back heals what a lowered limit left above it; it takes no more than was given.
        var back = happened is CapEvent.Allocated { Units: < 0 } or CapEvent.Reserved { Units: < 0 };
        return after.All.FirstOrDefault(c => back ? c.Allocated < 0 || c.Reserve < 0 : c.Unallocated < 0) is { } over
            ? Refused.Because("CAP_EXCEEDED", "R-REG-14", ("limit", (over.Limit ?? 0) + over.Elastic), ("allocated", over.Allocated), ("reserve", over.Reserve)).With("region", over.Region).With("year", Text(over.Year))
            : null;
    }

    private static string Text(int year) => year.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<int> Years(int first, int last) => Enumerable.Range(first, Math.Max(0, last - first + 1));
}

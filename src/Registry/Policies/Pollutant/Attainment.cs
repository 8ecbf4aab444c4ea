using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-05: regions that failed their quality target take nothing in from outside. Set by the province, each by a document.</summary>
internal sealed record Attainment(IReadOnlyList<FailedTarget> Failed) : Rule
{
    public override Refused? Check() =>
        Failed.FirstOrDefault(f => f.Region.Length != 6 || string.IsNullOrWhiteSpace(f.Document) || f.Through < f.From) is { } wrong ? Wrong("failed", wrong.Region) : null;

    public FailedTarget? Find(string region, string indicator, LocalDate today) =>
        Failed.FirstOrDefault(f => f.Indicator == indicator && Region.Lies(region, f.Region) && today >= f.From && (f.Through is not { } last || today <= last));

    /// <summary>May it come in from there? Inside one failed region, and out of it, trades stay possible.</summary>
    public Refused? Judge(string indicator, string sellersRegion, string buyersRegion, LocalDate today) =>
        Find(buyersRegion, indicator, today) is { } failed && !Region.Lies(sellersRegion, failed.Region)
            ? Refused.Because("REGION_NOT_ATTAINED", "R-POL-05").With("region", failed.Region).With("indicator", indicator).With("seller", sellersRegion).With("document", failed.Document)
            : null;
}

/// <param name="Through">Last day in Asia/Shanghai; null: until another version says so.</param>
internal sealed record FailedTarget(string Region, string Indicator, LocalDate From, LocalDate? Through, string Document);

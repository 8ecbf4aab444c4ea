using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-04: trades beyond basin or prefecture that the province consented to, each by a document.</summary>
internal sealed record Consents(IReadOnlyList<Consent> Given) : Rule
{
    public override Refused? Check() => Given.FirstOrDefault(g => string.IsNullOrWhiteSpace(g.Document) || g.Through < g.From) is { } wrong ? Wrong("given", wrong.Document) : null;

    public Consent? Find(string indicator, string sellersRegion, string buyersRegion, LocalDate today) => Given.FirstOrDefault(g =>
        g.Indicator == indicator && Region.Lies(sellersRegion, g.SellersRegion) && Region.Lies(buyersRegion, g.BuyersRegion) && today >= g.From && today <= g.Through);
}

/// <param name="From">First day in Asia/Shanghai.</param>
/// <param name="Through">Last day.</param>
internal sealed record Consent(string Indicator, string SellersRegion, string BuyersRegion, LocalDate From, LocalDate Through, string Document);

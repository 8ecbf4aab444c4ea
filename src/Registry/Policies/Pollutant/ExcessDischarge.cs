using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-12, 排污许可管理条例 art. 34: what follows when a year's discharge was above the right.</summary>
/// <param name="FineYuanFrom">Least fine.</param>
/// <param name="FineYuanTo">Greatest fine.</param>
/// <param name="LaterPurchaseCures">Whether a right bought afterwards makes it good.</param>
internal sealed record ExcessDischarge(decimal FineYuanFrom, decimal FineYuanTo, bool LaterPurchaseCures) : Rule
{
    public override Refused? Check() => FineYuanFrom < 0 || FineYuanTo < FineYuanFrom ? Wrong("fineYuanTo", FineYuanTo.ToString(System.Globalization.CultureInfo.InvariantCulture)) : null;
}

using System.Globalization;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-SET-04, R-SET-07: what whoever bids for a lot lays down, by when the winner pays, and what becomes of him who does not.</summary>
/// <param name="Rate">Of the lot's amount at its asked price; above 0, at most 1.</param>
/// <param name="PayWorkingDays">From the day after the award on, 1 to 250.</param>
/// <param name="CreditPoints">Off the score of a winner who does not pay, 0 to 100.</param>
internal sealed record DepositTerms(decimal Rate, int PayWorkingDays, int CreditPoints) : Rule
{
    public override Refused? Check() =>
        Rate is <= 0 or > 1 ? Wrong("rate", Rate.ToString(CultureInfo.InvariantCulture))
        : PayWorkingDays is < 1 or > 250 ? Wrong("payWorkingDays", PayWorkingDays.ToString(CultureInfo.InvariantCulture))
        : CreditPoints is < 0 or > 100 ? Wrong("creditPoints", CreditPoints.ToString(CultureInfo.InvariantCulture)) : null;
}

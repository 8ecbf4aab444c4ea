using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-SET-03, R-REG-08: what is paid out of an account is approved by a second person above an amount.</summary>
/// <param name="FourEyesAboveYuan">From 0: every payout.</param>
internal sealed record PayoutTerms(decimal FourEyesAboveYuan) : Rule
{
    public override Refused? Check() => FourEyesAboveYuan is < 0 or > 100_000_000_000m ? Wrong("fourEyesAboveYuan", "0 to 100000000000") : null;
}

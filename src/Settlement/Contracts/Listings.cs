using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>The terms on which an instrument trades; the registry knows what the right is, this what trading it means.</summary>
/// <param name="Procedure">Name of what its trades must pass before they are settled (rule common/delivery of its class); null: its trades are final.</param>
/// <param name="Reference">Previous close in ticks; null: none. The band stands around it.</param>
/// <param name="LowerTicks">Null: no lower limit.</param>
/// <param name="FeeMillionths">Its own fee of each side in millionths of the amount, which goes before every tariff and is all for trading; null: the tariff's (rule common/fees).</param>
/// <param name="UnitsPerLot">Minimum units of the register in one lot, 1 or more.</param>
/// <param name="Mode">How it trades.</param>
public sealed record Listing(
    int Instrument, TradingUnit Unit, string? Procedure, long? Reference, long? LowerTicks, long? UpperTicks,
    int? FeeMillionths, long UnitsPerLot, Mode Mode = Mode.Continuous)
{
    public bool Conditional => Procedure is not null;

    /// <summary>What each side pays of what is ordered at that instant. Refused RULE_MISSING.</summary>
    public Outcome<FeeRates> Fees(RightClass of, RuleBook rules, Instant at) => FeeMillionths is { } own ? new FeeRates(own, 0) : FeeRates.Of(rules, of, at);

    /// <summary>What of a fee was for trading and what for settlement, by the tariff of the trade's instant (R-SET-05).</summary>
    public FeeParts Split(long fen, RightClass of, RuleBook rules, Instant tradedAt) => Fees(of, rules, tradedAt).Value?.Split(fen) ?? new(fen, 0);
}

public interface IListings
{
    /// <summary>All listings by instrument number, as last read; cached, refreshed after every listing.</summary>
    Task<IReadOnlyDictionary<int, Listing>> Current(CancellationToken stop);

    /// <summary>
    /// Lists the instrument and stages, in one transaction, its terms and each participant's permits (the registry's eligibility) for the market.
    /// The same terms again change nothing; other terms of a listed instrument are refused INSTRUMENT_EXISTS, no fee where there is no tariff RULE_MISSING.
    /// </summary>
    Task<Outcome<Listing>> List(Listing listing, Actor actor, CancellationToken stop);

    /// <summary>What <see cref="List"/> would refuse now; null: nothing.</summary>
    Task<Refused?> Judge(Listing listing, CancellationToken stop);

    /// <summary>
    /// Stages the permits of everyone for every listed instrument anew: after a registration, or when a policy's facts changed; with them the fees of the tariff where they are others than
    /// the market was told. Idempotent.
    /// </summary>
    Task RefreshPermits(CancellationToken stop);

    /// <summary>As <see cref="RefreshPermits"/>, where rules in force, standings or the day are others than when permits were last told; else nothing. True: told anew.</summary>
    Task<bool> RefreshChangedPermits(CancellationToken stop);

    /// <summary>May this account trade it on this side, by the register's policies? Null: yes.</summary>
    Task<Refused?> Eligibility(int account, int instrument, Side side, CancellationToken stop);

    /// <summary>May these two trade so many lots of it with each other? Asked before the one accepts what the other offers; null: they may.</summary>
    Task<Refused?> Between(int seller, int buyer, int instrument, long lots, CancellationToken stop);
}

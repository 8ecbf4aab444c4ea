using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum ReleaseState : short { Open = 1, Awarded = 2 }

/// <summary>What a government reserve puts up (储备投放, R-POL-11): a quantity at a listed price, below which nothing goes. What is put up is held from then on.</summary>
/// <param name="Id">Of the proposal by which it was opened.</param>
/// <param name="Units">Minimum units.</param>
/// <param name="Price">Listed price, yuan for each legal unit.</param>
public sealed record ReserveRelease(long Id, int Instrument, int Reserve, long Units, decimal Price, ReleaseState State, Instant OpenedAt, Instant? AwardedAt);

/// <param name="Project">Approval code, where it is for a key project (R-ENE-07); null: it is not.</param>
/// <param name="Bid">Yuan for each legal unit, the listed price or more.</param>
/// <param name="Awarded">Minimum units that it got; 0 before the award.</param>
/// <param name="Paid">Fen.</param>
/// <param name="Why">Code of why it got nothing; null: it got something, or is not decided yet.</param>
public sealed record ReleaseRequest(long Id, long Release, int Account, string? Project, long Units, decimal Bid, string Operation, Instant At, long Awarded, decimal? Price, long Paid, string? Why);

/// <summary>Sales by the government reserve, key projects first. Opening and award are proposals ("release", "release-award").</summary>
public interface IReleases
{
    /// <summary>Newest first, below an id.</summary>
    Task<IReadOnlyList<ReserveRelease>> All(long beforeId, int most, CancellationToken stop);

    Task<ReserveRelease?> Find(long id, CancellationToken stop);

    /// <summary>
    /// The same operation again gives the first. Refused NOT_FOUND, RELEASE_STATE, QTY_NOT_POSITIVE, PRICE_BELOW_LIMIT, NOT_KEY_PROJECT (the code is not on the list in force),
    /// INSUFFICIENT_CASH, IDEMPOTENCY_KEY_REUSED, and whatever the register says of the pair.
    /// </summary>
    Task<Outcome<ReleaseRequest>> Ask(long release, int account, string? project, long units, decimal bid, string operation, Actor actor, CancellationToken stop);

    /// <summary>In order of asking; of one account or of all.</summary>
    Task<IReadOnlyList<ReleaseRequest>> Requests(long release, int? account, CancellationToken stop);
}

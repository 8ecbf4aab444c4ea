using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>An obligation that what was there could not meet (R-REG-03): the balance goes to zero and no further, what is missing is the base of a penalty. Minimum units.</summary>
/// <param name="Due">What was owed.</param>
/// <param name="Met">What was surrendered for it.</param>
/// <param name="ReversedAt">When its debit was taken back whole (R-REG-10); null: it stands.</param>
/// <param name="Rate">Yuan for each legal unit that is missing, by the rule of that day.</param>
public sealed record Shortfall(long Id, HoldingKey Holding, string Obligation, long Due, long Met, decimal Rate, long Fen, Instant At, Instant? ReversedAt)
{
    public long Missing => Due - Met;
}

public interface IShortfalls
{
    /// <summary>Newest first, below an id; null filters nothing.</summary>
    Task<IReadOnlyList<Shortfall>> All(int? account, long beforeId, int most, CancellationToken stop);
}

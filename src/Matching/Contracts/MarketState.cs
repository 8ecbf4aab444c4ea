namespace Trading.Matching.Contracts;

public interface IMarketState
{
    /// <summary>This process leads: orders can be entered.</summary>
    bool Leads { get; }
}

/// <summary>One check of `verify`: how many rows it looked at, and each that is broken, named.</summary>
/// <param name="Told">What else a person may want to compare; null: nothing.</param>
public sealed record Verified(string Check, long Examined, IReadOnlyList<string> Broken, string? Told = null);

/// <summary>Is the stored market what was written, does it give itself again, and do the tables say what the journal says?</summary>
public interface IMatchingVerification
{
    Task<IReadOnlyList<Verified>> Verify(CancellationToken stop);
}

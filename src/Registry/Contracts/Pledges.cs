using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>A right that secures a loan (质押, R-REG-07): it is neither sold nor handed over, and surrendered only with the pledgee's consent.</summary>
/// <param name="Id">Of the proposal by which the pledgee took it.</param>
/// <param name="Value">Yuan, as the contract says.</param>
/// <param name="Registration">Number at the movables register (中登网).</param>
/// <param name="Standing">Minimum units that still secure it.</param>
public sealed record Pledge(long Id, HoldingKey Holding, string Pledgor, string Pledgee, string Contract, decimal Value, string Registration, long Units, long Standing, Instant Since)
{
    /// <summary>Name of its hold.</summary>
    public static string Reference(long id) => "pledge/" + id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What came of a surrender.</summary>
/// <param name="After">The holding after it; null while it waits.</param>
/// <param name="Waits">The proposal that waits for the pledgee's consent; null: it is done.</param>
public sealed record Surrendering(Holding? After, Proposal? Waits);

public interface IPledges
{
    /// <summary>What stands in somebody's favour or on somebody's rights; null: of everybody.</summary>
    Task<IReadOnlyList<Pledge>> Standing(string? participant, CancellationToken stop);

    /// <summary>Null: there is none, or nothing of it stands.</summary>
    Task<Pledge?> Find(long id, CancellationToken stop);
}

/// <summary>Rights given up to meet an obligation, in minimum units.</summary>
/// <param name="Version">Of its event in the holding's stream.</param>
/// <param name="Reversed">What of it was taken back (R-REG-10).</param>
public sealed record Surrender(long Id, HoldingKey Holding, long Version, long Units, long Reversed, string Obligation, Instant At)
{
    public long Standing => Units - Reversed;
}

public interface ISurrenders
{
    /// <summary>Newest first, below an id; null: of everybody.</summary>
    Task<IReadOnlyList<Surrender>> All(int? account, long beforeId, int most, CancellationToken stop);

    /// <summary>
    /// Surrenders (清缴) what is available; where that is too little and one pledge has the rest, asks its pledgee (R-REG-07), and what is available is held until he has
    /// answered. Refused as the instruction is.
    /// </summary>
    Task<Outcome<Surrendering>> Surrender(Instruction.Surrender asked, Actor actor, CancellationToken stop);
}

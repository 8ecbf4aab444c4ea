using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>Serial numbers from first to last, both included (R-REG-04). Each minimum unit that was ever issued of an instrument has one, from 1.</summary>
public readonly record struct SerialRange(long First, long Last)
{
    public long Units => Last - First + 1;
}

/// <summary>A block of serial numbers that one account holds.</summary>
/// <param name="Surrender">Version of the surrender that gave them up; 0: held. While a surrender may be reversed its numbers are known (R-REG-10).</param>
public sealed record SerialBlock(int Account, SerialRange Range, long Surrender = 0);

/// <summary>One step in the life of serial numbers.</summary>
/// <param name="From">Null: they were issued.</param>
/// <param name="To">Null: they ended.</param>
/// <param name="How">Stored name of the event that moved them, e.g. "right_bought".</param>
public sealed record SerialMove(long Id, SerialRange Range, int? From, int? To, string How, Instant At);

public interface ISerials
{
    /// <summary>Who holds what of an instrument, by number; null: everybody.</summary>
    Task<IReadOnlyList<SerialBlock>> Blocks(int instrument, int? account, CancellationToken stop);

    /// <summary>The life of one number, from issue on.</summary>
    Task<IReadOnlyList<SerialMove>> Trace(int instrument, long serial, CancellationToken stop);

    /// <summary>Follows what happened since, of every instrument.</summary>
    Task Follow(CancellationToken stop);
}

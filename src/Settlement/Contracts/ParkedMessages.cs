using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum ParkedState : short { Parked = 1, ToldAgain = 2, SetAside = 3 }

/// <summary>A message that its consumer could not handle, and will not by trying once more.</summary>
/// <param name="TradeNo">Whose news it carried; null: it cannot be read, and is none of ours.</param>
/// <param name="Version">Of the delivery.</param>
/// <param name="Body">As it came, at most 4,000 characters of it.</param>
/// <param name="Tries">How often it came and failed.</param>
/// <param name="By">Who ended it.</param>
/// <param name="Why">Why it was set aside.</param>
public sealed record ParkedMessage(
    long Id, string Queue, long? TradeNo, long? Version, string Body, string Reason, int Tries, ParkedState State, Instant ParkedAt, Instant? EndedAt, Actor? By, string? Why);

/// <summary>Where messages lie that nobody could handle, until somebody has looked (死信).</summary>
public interface IParkedMessages
{
    /// <summary>Newest first, below an id.</summary>
    Task<IReadOnlyList<ParkedMessage>> All(ParkedState? state, long beforeId, int most, CancellationToken stop);

    /// <summary>Tells the trade again. Refused NOT_FOUND, MESSAGE_STATE (somebody was here before), MESSAGE_UNREADABLE (there is no trade to tell of).</summary>
    Task<Outcome<ParkedMessage>> TellAgain(long id, Actor actor, CancellationToken stop);

    /// <summary>Puts away what cannot be read. Refused NOT_FOUND, MESSAGE_STATE, REASON_REQUIRED, MESSAGE_READABLE (it carries a trade's news, which must be told).</summary>
    Task<Outcome<ParkedMessage>> SetAside(long id, string why, Actor actor, CancellationToken stop);
}

using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>Persisted by number, append-only.</summary>
public enum TransferKind : short { EarmarkRight = 1, ReleaseRight = 2, EarmarkMoney = 3, ReleaseMoney = 4 }

/// <summary>Persisted by number, append-only.</summary>
public enum TransferStatus : short { Pending = 1, Done = 2, Refused = 3 }

/// <summary>A right or money on its way into or out of the market.</summary>
/// <param name="Instrument">Instrument number; 0 is money.</param>
/// <param name="Amount">Minimum units of the right, or fen; always positive.</param>
/// <param name="Refused">Why the market refused it; null otherwise.</param>
public sealed record Transfer(
    long Id, int Account, TransferKind Kind, int Instrument, long Amount, TransferStatus Status, Refused? Refused, Instant RequestedAt, Instant? FinishedAt);

/// <summary>
/// Into and out of the market. Earmarking moves the balance at once and stages the deposit in the same transaction; releasing stages the
/// withdrawal, and the settler moves the balance when the market has let go.
/// </summary>
public interface ICustody
{
    /// <param name="operation">Idempotency key of the caller, unique per account; null: none. The same key and content gives the first transfer,
    /// other content is refused IDEMPOTENCY_KEY_REUSED.</param>
    Task<Outcome<Transfer>> Move(int account, TransferKind kind, int instrument, long amount, string? operation, Actor actor, CancellationToken stop);

    /// <summary>Null when there is none of this account.</summary>
    Task<Transfer?> Transfer(int account, long id, CancellationToken stop);
}

using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>R-REG-05. Persisted by number, append-only.</summary>
public enum AccountState { Open = 1, SellOnly = 2, Restricted = 3, Suspended = 4, TransferPending = 5, ClosurePending = 6, Closed = 7 }

/// <summary>What is known of a participant beside who he is, as policies ask for it. Facts as they stand; their history is the participant's stream.</summary>
/// <param name="CreditScore">0 to 100; the grades are a rule (R-CRE-02).</param>
/// <param name="SourceClass">Class of source for walls (R-POL-06), e.g. "thermalPower"; null: not stated.</param>
/// <param name="Sector">Trade by which tariffs are found (R-POL-03), e.g. "textileDyeing"; null: not stated.</param>
/// <param name="Zone">Protection zone in which it lies, e.g. "taihu1"; null: none.</param>
/// <param name="ControlGroup">Accounts under one control (R-SUR-02); null: alone.</param>
/// <param name="PermitThrough">Last day of its discharge permit in Asia/Shanghai; null: none stated.</param>
/// <param name="Version">Counts changes; 0: nothing was ever stated.</param>
public sealed record Standing(
    int Account, AccountState State, int CreditScore, string? SourceClass, string? Sector, string? Zone, string? ControlGroup, LocalDate? PermitThrough, long Version)
{
    /// <summary>Nothing stated: an open account of the best credit.</summary>
    public static Standing Of(int account) => new(account, AccountState.Open, 100, null, null, null, null, null, 0);
}

/// <summary>What changes of a standing; null fields stay as they are.</summary>
public sealed record StandingChange(
    AccountState? State = null, int? CreditScore = null, string? SourceClass = null, string? Sector = null, string? Zone = null, string? ControlGroup = null, LocalDate? PermitThrough = null);

/// <summary>A participant with what is known of him: what a policy asks.</summary>
public sealed record Party(Participant Who, Standing Standing);

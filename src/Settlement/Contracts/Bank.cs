using System.Globalization;
using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>One line of a statement, as the bank wrote it.</summary>
/// <param name="Reference">The bank's, or that of the payout which it paid or sent back; unique for ever in its direction.</param>
/// <param name="Participant">Whom the payer named; null: nobody that could be read.</param>
/// <param name="Fen">Above zero: came in; below: went out.</param>
public sealed record StatementLine(string Reference, string? Participant, long Fen, string Note);

/// <summary>What the settlement bank says of a day (银行对账单, R-SET-03): its lines, and what each account had at its end.</summary>
/// <param name="Number">The bank's, unique.</param>
/// <param name="Balances">Fen by account; of those it names.</param>
public sealed record BankStatement(string Number, LocalDate Day, IReadOnlyList<StatementLine> Lines, IReadOnlyList<(int Account, long Fen)> Balances);

/// <summary>Persisted by number, append-only. Unmatched: a person must say whose it is, or set it aside with a reason.</summary>
public enum BankLineState : short { Matched = 1, Booked = 2, Unmatched = 3, Assigned = 4, SetAside = 5 }

/// <param name="Why">Code of why it matched nothing, or the reason why it was set aside.</param>
public sealed record BankLine(long Id, string Statement, LocalDate Day, string Reference, string? Participant, long Fen, string Note, BankLineState State, int? Account, string? Why, Actor? WorkedBy);

/// <summary>What became of a statement's lines.</summary>
public sealed record TakenStatement(string Number, LocalDate Day, int Matched, int Booked, int Unmatched);

/// <summary>A statement that was taken, and how it stands now.</summary>
public sealed record FiledStatement(string Number, LocalDate Day, Instant TakenAt, int Lines, int Unmatched);

public interface IBank
{
    /// <summary>
    /// Takes a statement: a line whose posting is there is matched; one that came in for a known participant is booked; the rest waits for a person. The same statement again changes nothing.
    /// A line with a payout's reference and amount pays it, and one the other way returns it.
    /// Refused STATEMENT_KNOWN (its number came with another content), AMOUNT_NOT_POSITIVE (a line of 0), FIELD_INVALID (a reference or a balance stands twice).
    /// </summary>
    Task<Outcome<TakenStatement>> Take(BankStatement statement, Actor actor, CancellationToken stop);

    /// <summary>Newest first, taken before an instant; null: all.</summary>
    Task<IReadOnlyList<FiledStatement>> Statements(Instant? before, int most, CancellationToken stop);

    /// <summary>Newest first, below an id; null filters nothing.</summary>
    Task<IReadOnlyList<BankLine>> Lines(BankLineState? state, long beforeId, int most, CancellationToken stop);

    /// <summary>Books an unmatched line that came in to an account. Refused NOT_FOUND, BANK_LINE_STATE, UNKNOWN_ACCOUNT, AMOUNT_NOT_POSITIVE (it went out), IDEMPOTENCY_KEY_REUSED.</summary>
    Task<Outcome<BankLine>> Assign(long id, int account, Actor actor, CancellationToken stop);

    /// <summary>Ends an unmatched line without a posting, e.g. what the bank sent back. Refused NOT_FOUND, BANK_LINE_STATE, REASON_REQUIRED.</summary>
    Task<Outcome<BankLine>> SetAside(long id, string reason, Actor actor, CancellationToken stop);
}

/// <summary>Two books that should say the same of an account and do not (R-SET-06). Minimum units or fen.</summary>
/// <param name="Instrument">0: money.</param>
/// <param name="Books">Which two: "register and market", "ledger and bank", …</param>
public sealed record Break(int Account, int Instrument, string Books, long Says, long Should)
{
    /// <summary>Why an account of this is stopped, for whoever reads the halt in either language.</summary>
    public (string Zh, string En) Why(string occasionZh, string occasionEn)
    {
        var parts = Books.Split(", ")[0].Split(" and ");
        var (by, zh, en) = Instrument == 0 ? (string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(Says - Should) / 100m:0.00}"), "元", "yuan") : (string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(Says - Should)}"), "个最小单位", "smallest units");
        return ($"{occasionZh}：{string.Join("与", parts.Select(Zh))}相差 {by} {zh}{(Books.EndsWith("awaiting", StringComparison.Ordinal) ? "（待确认）" : "")}", $"{occasionEn}: {Books} differ by {by} {en}");
    }

    private static string Zh(string book) => book switch
    {
        "money" => "资金账",
        "register" => "登记簿",
        "market" => "市场",
        "postings" => "分录",
        "bank" => "银行",
        "trade" => "成交记录",
        "delivery" => "交割记录",
        _ => book,
    };
}

/// <summary>The reconciliation of one day: how many balances agreed, and which did not.</summary>
public sealed record DayEnd(LocalDate Day, Instant At, long Compared, IReadOnlyList<Break> Breaks, Actor By);

public interface IDayEnds
{
    /// <summary>
    /// R-SET-06: register, market, money and bank are held against each other, account by account. An account with a break is blocked, and its first break says why; two
    /// people free it as from any other halt. A day may be closed again: then what is found then counts. Refused DAY_NOT_OVER for a day to come.
    /// </summary>
    Task<Outcome<DayEnd>> Close(LocalDate day, Actor actor, CancellationToken stop);

    /// <summary>As it was last closed; null: it was not.</summary>
    Task<DayEnd?> Of(LocalDate day, CancellationToken stop);
}

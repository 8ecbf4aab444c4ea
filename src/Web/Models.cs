using System.Text.Json.Serialization;
using System.Text.Json;
using Trading.Web.Text;

namespace Trading.Web;

public sealed record Name(string Zh, string En);

public sealed record Instrument(
    string Symbol, Name Name, string RightClass, string Unit, string Tick, string Lot, string Phase, bool Conditional, string Confirmation, string? Fee, string? TradingFee, string? SettlementFee, string? Reference, string? LowerLimit, string? UpperLimit,
    string VenueMode, string? Vintage, string? ExpiresOn, string? Region, string? Basin, string? Indicator, long Sequence,
    string? Last, string? Open, string? High, string? Low, string? Volume, string? Amount, string? Change, string? ChangePercent);

public sealed record Participant(string Id, string NameZh, string NameEn, string Kind, string Region);

public sealed record Party(string Id, string NameZh, string NameEn);

public sealed record User(string Name, string Role, Participant? Participant);

public sealed record AntiforgeryToken(string Header, string Token);

public sealed record SessionState(User? User, AntiforgeryToken Antiforgery, bool Demo, DateTimeOffset Now);

public sealed record PublicTrade(string TradeNo, string Price, string Quantity, string Amount, string Aggressor, DateTimeOffset At, DateTimeOffset? BustedAt = null);

public sealed record Candle(DateTimeOffset At, string Open, string High, string Low, string Close, string Volume, string Amount);

public sealed record Order(
    string OrderId, string ClientOrderId, string Symbol, string Side, string Type, string TimeInForce, string? Price, string Quantity, string FilledQuantity, string? AveragePrice, string Status, string? Reason,
    string? Code, string? Title, Dictionary<string, string>? Values, DateTimeOffset EnteredAt, DateTimeOffset ChangedAt,
    string? StopPrice, string? DisplayQuantity, string? MinQuantity, DateTimeOffset? Until, bool PostOnly)
{
    [JsonIgnore]
    public bool IsAlive => Status is "open" or "partiallyFilled" or "waiting";
}

/// <summary>What answers POST /orders.</summary>
public sealed record Placed(string OrderId, string ClientOrderId, string Status, string FilledQuantity, string? AveragePrice, string? Reason, string? Code, string? Title, Dictionary<string, string>? Values);

public sealed record NewOrder(
    string ClientOrderId, string Symbol, string Side, string Quantity, string Type, string? Price, string TimeInForce, string? StopPrice = null, string? Until = null,
    string? DisplayQuantity = null, string? MinQuantity = null, bool? AllOrNone = null, bool? PostOnly = null);

/// <summary>What is null stays as it is.</summary>
public sealed record Replacement(string? Price, string? Quantity, string? StopPrice, string? DisplayQuantity, string? Until);

public sealed record Holding(string Symbol, string Unit, string Total, string Available, string InMarket, string Pledged, string Held, string Frozen, string AwaitingConfirmation, string? Vintage, string? Expiry);

/// <summary>What is kept back outside the market, and why.</summary>
public sealed record Hold(string Symbol, string Reference, string Reason, string Standing);

public sealed record Funds(string Currency, string Total, string Available, string InMarket, string AwaitingConfirmation, string Frozen, string PayingOut = "0.00");

public sealed record CertifiedHolder(string CreditCode, Name Name);

public sealed record CertifiedRight(string Symbol, Name Name, string RightClass, string Unit, string? Vintage, string? Expiry);

public sealed record CertifiedTrade(string TradeId, string Side, string Price, string Quantity, string Amount, string Fee, DateTimeOffset ExecutedAt, string? TradedQuantity, string? TradingFee = null, string? SettlementFee = null);

public sealed record CertifiedHolding(string Total, string Available, string InMarket, string Pledged, string Held, string Frozen, string AwaitingConfirmation);

/// <summary>What anybody may know of a certificate who has its number.</summary>
/// <param name="Validity">current, changed or revoked.</param>
public sealed record CertificateShown(
    string Number, string Kind, DateTimeOffset IssuedAt, DateTimeOffset AsOf, string Validity, DateTimeOffset CheckedAt, CertifiedHolder Holder, CertifiedRight Right, CertifiedTrade? Trade, CertifiedHolding? Holding, string Digest);

public sealed record Transfer(string TransferId, string Kind, string? Symbol, string? Quantity, string? Amount, string Status, string? Code);

public sealed record Step(string State, DateTimeOffset At, string? By, string? Role, string? Reason, string? For);

public sealed record ProposedAnswer(bool Approve, string? Quantity, string By, string? Reason);

public sealed record Settlement(
    string TradeId, string Symbol, string Side, string OrderId, string Price, string Quantity, string Amount, string Fee, string TradingFee, string SettlementFee, string State, DateTimeOffset ExecutedAt, DateTimeOffset? AnswerBy, List<Step> Timeline, List<string> WaitingFor, string? Mine, string SettledQuantity)
{
    /// <summary>Of a trade that is settled, a part went back.</summary>
    public bool InPart => State == "settled" && SettledQuantity != Quantity;
}

public sealed record ConfirmationItem(
    string Id, string TradeId, string Symbol, string? Buyer, string? Seller, Name? BuyerName, Name? SellerName, string Price, string Quantity, string Amount, string Status, string? Authority, DateTimeOffset ExecutedAt, DateTimeOffset? AnswerBy, List<Step> Timeline, List<string> WaitingFor, bool Mine, bool MayObject, ProposedAnswer? Proposed);

public sealed record EligibilityAnswer(bool Eligible, string? Code, string? Rule, string? Title, Dictionary<string, string>? Values);

public sealed record SupervisedTrade(string Type, string TradeNo, string Symbol, string Price, string Quantity, string Amount, Party? Buyer, Party? Seller, string? State, string? Phase, DateTimeOffset At);

public sealed record Halt(string Id, string? Symbol, string? Participant, string Reason, string State, string OrderedBy, DateTimeOffset OrderedAt, string? ResumeReason, string? ResumeOrderedBy, string? CarriedOutBy, DateTimeOffset? ResumedAt);

public sealed record KillSwitch(bool On, bool BlockedByAuthority, string? By, DateTimeOffset? Since, string Status);

/// <param name="Amount">Null: all of it, and not carried out yet.</param>
public sealed record Freeze(
    string Id, string? Participant, string? Symbol, string? Amount, string Taken, string Waiting, string Deducted, string Kind, string Authority, string Officer, string Document, string? Basis, string? From, string? Until, string State, string OrderedBy, string? CarriedOutBy, DateTimeOffset OrderedAt,
    Deduction? Deducting = null);

public sealed record Deduction(string? To, string Amount, string Document);

/// <summary>Money that an account takes out.</summary>
public sealed record Payout(string Id, string? Participant, string Amount, string Reference, string State, bool NeedsApproval, string AskedBy, DateTimeOffset AskedAt, string? ApprovedBy, string? File, string? Why, DateTimeOffset? EndedAt);

public sealed record PaymentFile(string Number, DateTimeOffset MadeAt, string By, string Count, string Total);

public sealed record BankStatement(string Number, string Day, DateTimeOffset TakenAt, string Lines, string Unmatched);

public sealed record TakenStatement(string Number, string Matched, string Booked, string Unmatched);

public sealed record BankLine(string Id, string Statement, string Day, string Reference, string? Named, string Amount, string Note, string State, string? Participant, string? Why);

public sealed record DayEnd(string Day, DateTimeOffset At, string By, string Compared, List<Break> Breaks);

public sealed record Break(string? Participant, string? Symbol, string Books, string Says, string Should, string Difference)
{
    /// <summary>Which two books, each by its word.</summary>
    public static (string One, string Other) Pair(string books) => books.Split(',')[0].Split(" and ") is [var one, var other] ? (one, other) : (books, "");

    /// <summary>A figure of money as amounts are written, of a right as it came.</summary>
    public static string Figure(string? symbol, string? figure) => figure is null ? Fmt.None : symbol is null ? Fmt.Yuan(figure) : figure;
}

/// <summary>What somebody must look at; of a break, whose books differ and in what.</summary>
public sealed record SupervisedAlert(string Id, string Kind, string? TradeNo, Party? Participant, string? Symbol, string? Books, string? Says, string? Should, string Text, DateTimeOffset At);

public sealed record ParkedMessage(string Id, string Queue, string? TradeNo, string Body, string Reason, int Tries, string State, DateTimeOffset ParkedAt, string? By, string? Why);

/// <summary>A quantity that its holder sells as one, to whoever laid down a deposit.</summary>
/// <param name="Value">At the price asked.</param>
/// <param name="Amount">What the winner owes in all.</param>
public sealed record Lot(
    string Id, string Symbol, string Seller, Name Name, string Quantity, string Price, string State, string Round, DateTimeOffset ListedAt, string? Winner, Name? WinnerName, string? AwardPrice, string? Amount, DateTimeOffset? PayBy,
    Name Right, string Unit, string? Value)
{
    [JsonIgnore]
    public bool Takes => State is "listed" or "relisted";
}

public sealed record LotDeposit(string Id, string Lot, string Round, string? Participant, string Amount, string State, DateTimeOffset TakenAt, DateTimeOffset? EndedAt);

public sealed record LotQuote(string Amount, string Deposit, DateTimeOffset PayBy);

/// <summary>What one person asked for and another decides.</summary>
public sealed record Proposal(string Id, string Kind, JsonElement Body, string Reason, string State, string ProposedBy, DateTimeOffset ProposedAt);

/// <summary>One frame of docs/protocol.md, as far as a page needs it.</summary>
public sealed record Frame(
    string Type, string? Symbol, long Sequence, long PreviousSequence, DateTimeOffset? At, JsonElement[][]? Bids, JsonElement[][]? Asks, uint? Checksum, string? Phase, string? Last,
    string? TradeNo, string? Price, string? Quantity, string? Amount, string? Aggressor, string? Open, string? High, string? Low, string? Volume, string? Change, string? ChangePercent, bool Negotiated = false);

/// <summary>One frame of the private channel.</summary>
public sealed record MineFrame(string Type, Order? Order, List<Holding>? Holdings, Funds? Funds, Settlement? Settlement, string? Cursor, string? TradeId, string? Symbol, string? Side, string? Price, string? Quantity);

using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>A participant to be registered; its account number is drawn at registration.</summary>
public sealed record Application(string Id, string CreditCode, string NameZh, string NameEn, ParticipantKind Kind, string Region, string Basin);

/// <summary>An instrument to be registered; its number is drawn at registration.</summary>
public sealed record Product(
    string Symbol, string NameZh, string NameEn, RightClass Class, string? Indicator, string? Basin, string? Region,
    string Unit, int UnitDecimals, VenueMode VenueMode, string? Vintage, LocalDate? ValidThrough, string? SourceClass = null);

/// <summary>What changes who is registered and how many rights there are. Each is one transaction; a repeat with the same content changes nothing.</summary>
public interface IRegister
{
    /// <summary>Refused CREDIT_CODE_INVALID, PARTICIPANT_INVALID, PARTICIPANT_EXISTS (the id or the credit code with other content).</summary>
    Task<Outcome<Participant>> Register(Application application, Actor actor, CancellationToken stop);

    /// <summary>Opens an account at a person's request. Refused RULE_MISSING, PROHIBITED_PERSON (R-LAW-02), and as <see cref="Register(Application, Actor, CancellationToken)"/>.</summary>
    /// <param name="occupation">What the person who signs does for a living; it is judged and not kept.</param>
    Task<Outcome<Participant>> Open(Application application, string occupation, Actor actor, CancellationToken stop);

    /// <summary>Refused RULE_MISSING, PRODUCT_CONFIG (the rule common/venues), INSTRUMENT_INVALID, INSTRUMENT_EXISTS.</summary>
    Task<Outcome<Instrument>> Register(Product product, Actor actor, CancellationToken stop);

    /// <summary>What <see cref="Register(Application, Actor, CancellationToken)"/> would refuse, by the catalog as given; null: nothing.</summary>
    Refused? Judge(Application application, Catalog catalog);

    /// <summary>What <see cref="Register(Product, Actor, CancellationToken)"/> would refuse, by the catalog as given; null: nothing.</summary>
    Refused? Judge(Product product, Catalog catalog, RuleBook rules);

    /// <summary>Changes what is known of a participant. Refused UNKNOWN_ACCOUNT, REASON_REQUIRED, OUT_OF_RANGE, FIELD_INVALID, ACCOUNT_STATE (closed for good).</summary>
    Task<Outcome<Standing>> Change(int account, StandingChange change, string reason, Actor actor, CancellationToken stop);

    /// <summary>What was known of a participant at a past instant.</summary>
    Task<Standing> StandingAt(int account, Instant at, CancellationToken stop);

    /// <summary>Issues minimum units into what is available. Refused QTY_NOT_POSITIVE, UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT, SUPPLY_OVERFLOW, IDEMPOTENCY_KEY_REUSED.</summary>
    /// <param name="operation">Idempotency key, unique per account.</param>
    Task<Outcome<Holding>> Issue(HoldingKey holding, long units, string reason, string operation, Actor actor, CancellationToken stop);

    /// <summary>Non-trade transfer (非交易过户, R-REG-11) between two accounts. Refused as <see cref="Issue"/>, and INSUFFICIENT_AVAILABLE.</summary>
    Task<Outcome<Holding>> Transfer(HoldingKey from, int to, long units, string reason, string operation, Actor actor, CancellationToken stop);

    /// <summary>Any instruction. A repeat with the same content is answered with the first result (R-REG-09). Refused as its decider refuses, and UNKNOWN_ACCOUNT, UNKNOWN_INSTRUMENT, IDEMPOTENCY_KEY_REUSED.</summary>
    /// <returns>Its holding as it left it.</returns>
    Task<Outcome<Holding>> Instruct(Instruction asked, Actor actor, CancellationToken stop);

    /// <summary>A list as one transaction: all of it or none; what of it was done before counts as done.</summary>
    /// <returns>Null: done. Else the place of the first that is refused, from 0, and why.</returns>
    Task<(int Place, Refused? Refused)> Instruct(IReadOnlyList<Instruction> asked, Actor actor, CancellationToken stop);

    /// <summary>A list as a part of the caller's transaction, which he commits, or loses where it is refused: rights against money, in one.</summary>
    Task<Refused?> Within(Npgsql.NpgsqlConnection connection, Npgsql.NpgsqlTransaction transaction, IReadOnlyList<Instruction> asked, Actor actor);

    /// <summary>
    /// Takes points off a credit score, as a part of the caller's transaction (R-CRE-01); it never falls below 0. An account that is closed keeps its score.
    /// Refused UNKNOWN_ACCOUNT, REASON_REQUIRED.
    /// </summary>
    Task<Refused?> Deduct(Npgsql.NpgsqlConnection connection, Npgsql.NpgsqlTransaction transaction, int account, int points, string reason, Actor actor, CancellationToken stop);

    /// <summary>Ends what is available of instruments whose last day has passed (R-ENE-10). What is in the market or held ends when it comes back and this is asked again.</summary>
    Task<Expiry> Expire(CancellationToken stop);

    /// <summary>How many rights of an instrument came into being and where they went.</summary>
    Task<Supply> Supply(int instrument, CancellationToken stop);

    /// <summary>The public list of voluntary cancellations, newest first, below an id.</summary>
    Task<IReadOnlyList<Cancellation>> Cancellations(long beforeId, int most, CancellationToken stop);
}

/// <summary>One step of expiry.</summary>
/// <param name="Ended">Holdings of which something ended now.</param>
/// <param name="Held">Holdings past their last day of which something is still in the market or held.</param>
public sealed record Expiry(int Ended, int Held);

/// <summary>Given up for nothing (自愿注销, R-REG-13), in minimum units.</summary>
public sealed record Cancellation(long Id, HoldingKey Holding, long Units, string Reason, Instant At);

/// <summary>Do the rows say what the events say, and is every right accounted for? Each check names what it counted and each broken row.</summary>
public interface IRegistryVerification
{
    Task<IReadOnlyList<(string Check, long Examined, IReadOnlyList<string> Broken)>> Verify(CancellationToken stop);
}

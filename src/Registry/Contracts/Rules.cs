using System.Collections.Frozen;
using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>The content of a dated rule: figures as law or authority set them. Closed: each is named in <see cref="RuleBook.Kinds"/>.</summary>
public abstract record Rule
{
    /// <summary>Null, or what of it cannot be: FIELD_INVALID, OUT_OF_RANGE with the path.</summary>
    public abstract Refused? Check();

    protected static Refused Wrong(string path, string value) => Refused.Because("FIELD_INVALID", null).With("path", path).With("value", value);
}

/// <summary>One version of a rule. It is never changed; the next one takes its place from an instant on.</summary>
/// <param name="Version">From 1, without gaps within the key.</param>
/// <param name="EffectiveFrom">From this instant on, until a version of a higher number does; where one of those takes effect before, this one never rules.</param>
/// <param name="Body">The content as it was written, JSON.</param>
/// <param name="Approver">Another person than the author (R-REG-08).</param>
public sealed record RuleVersion(string Key, int Version, Instant EffectiveFrom, Rule Content, string Body, string LegalReference, Actor Author, Actor Approver, Instant ApprovedAt);

/// <summary>All versions of all rules, as last read. A command is judged by the version in force at its instant.</summary>
public sealed class RuleBook
{
    private readonly FrozenDictionary<string, RuleVersion[]> versions;

    public RuleBook(IEnumerable<RuleVersion> all)
    {
        versions = all.GroupBy(v => v.Key, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.OrderBy(v => v.Version).ToArray(), StringComparer.Ordinal);
    }

    public static readonly RuleBook Empty = new([]);

    /// <summary>Which content stands under which key: class/matter.</summary>
    public static readonly FrozenDictionary<string, Type> Kinds = Policies.RuleKinds.All;

    private static readonly FrozenDictionary<Type, string> Keys = Kinds.ToFrozenDictionary(k => k.Value, k => k.Key);

    public IReadOnlyList<RuleVersion> Versions(string key) => versions.GetValueOrDefault(key) ?? [];

    /// <summary>Null: none was in force then.</summary>
    public RuleVersion? At(string key, Instant at) => versions.TryGetValue(key, out var all) ? Array.FindLast(all, v => v.EffectiveFrom <= at) : null;

    /// <inheritdoc cref="At(string, Instant)"/>
    public T? Find<T>(Instant at) where T : Rule => (T?)At(Keys[typeof(T)], at)?.Content;

    /// <summary>The rule, or RULE_MISSING: without it nothing can be judged.</summary>
    public Outcome<T> Of<T>(Instant at) where T : Rule =>
        Find<T>(at) is { } rule ? rule : Refused.Because("RULE_MISSING", null).With("key", Keys[typeof(T)]).With("at", at.ToString());
}

public interface IRules
{
    /// <summary>Cached; refreshed at once after a change here and at the latest a second after one elsewhere.</summary>
    Task<RuleBook> Current(CancellationToken stop);

    /// <summary>
    /// First versions, as they come with an installation: author and approver are named, and versions may take effect in the past, for nothing was
    /// judged yet. The same again changes nothing. Refused UNKNOWN_RULE, FIELD_INVALID, FOUR_EYES, REASON_REQUIRED, RULE_ORDER, RULE_EXISTS.
    /// </summary>
    Task<Refused?> Load(string key, IReadOnlyList<FirstVersion> first, CancellationToken stop);
}

/// <param name="Body">JSON of the content.</param>
public sealed record FirstVersion(Instant EffectiveFrom, string Body, string LegalReference, string Author, string Approver);

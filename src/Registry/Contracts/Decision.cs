using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;

namespace Trading.Registry.Contracts;

/// <summary>A "no": stable code (docs/codes.md), the RULEBOOK rule that spoke, and the values it compared.</summary>
public sealed record Refused(string Code, string? Rule, ImmutableArray<KeyValuePair<string, string>> Values)
{
    public static Refused Because(string code, string? rule, params ReadOnlySpan<(string Name, IFormattable Value)> values)
    {
        var list = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(values.Length);
        foreach (var (name, value) in values) list.Add(new(name, value.ToString(null, CultureInfo.InvariantCulture)));
        return new(code, rule, list.MoveToImmutable());
    }

    public Refused With(string name, string value) => this with { Values = Values.Add(new(name, value)) };

    /// <summary>A day, as yyyy-mm-dd.</summary>
    public Refused With(string name, LocalDate day) => With(name, LocalDatePattern.Iso.Format(day));

    public bool Equals(Refused? other) => other is not null && Code == other.Code && Rule == other.Rule && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => HashCode.Combine(Code, Rule, Values.Length);
}

/// <summary>What a decider gives back: events (none: heard before, nothing to do) or a refusal.</summary>
public readonly struct Decision<TEvent>
{
    private readonly ImmutableArray<TEvent> events;

    private Decision(ImmutableArray<TEvent> events, Refused? refused) => (this.events, Refused) = (events, refused);

    public Refused? Refused { get; }

    public ImmutableArray<TEvent> Events => events.IsDefault ? [] : events;

    public static implicit operator Decision<TEvent>(TEvent happened) => new([happened], null);

    public static implicit operator Decision<TEvent>(ImmutableArray<TEvent> happened) => new(happened, null);

    public static implicit operator Decision<TEvent>(Refused refused) => new([], refused);

    /// <summary>Heard before, or nothing to do.</summary>
    public static Decision<TEvent> Nothing => default;
}

/// <summary>What came of a request, or why not.</summary>
public readonly record struct Outcome<T>(T? Value, Refused? Refused) where T : class
{
    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refused refused) => new(null, refused);
}

/// <summary>Who did it, for the record: user name and role, never personal data.</summary>
/// <param name="Participant">Id of the organisation the user acts for; null: none. Asked while it is decided who may, and never stored: rows and events name user and role.</param>
public sealed record Actor(string User, string Role, [property: JsonIgnore] string? Participant = null)
{
    public static readonly Actor System = new("system", "system");
}

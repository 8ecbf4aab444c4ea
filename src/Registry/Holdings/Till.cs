using NodaTime;
using Trading.Registry.Contracts;

namespace Trading.Registry.Holdings;

/// <summary>
/// The rows of one transaction of the desk, as they were under lock and as they evolve. Pure: instructions are taken in order, each whole or not at all.
/// </summary>
internal sealed class Till(IReadOnlyDictionary<HoldingKey, Holding> holdings, IReadOnlyDictionary<int, Supply> supplies, IEnumerable<Hold> stood, Instant at, IReadOnlyDictionary<HoldingKey, long>? claimed = null)
{
    private readonly Dictionary<HoldingKey, Holding> now = new(holdings);
    private readonly Dictionary<int, Supply> supply = new(supplies);
    private readonly Dictionary<(int Account, string Reference), Hold> holds = stood.ToDictionary(h => (h.Holding.Account, h.Reference));
    private readonly HashSet<(int Account, string Reference)> changed = [];
    private readonly Dictionary<HoldingKey, List<Told>> moved = [];

    public Holding Of(HoldingKey key) => now[key];

    /// <summary>What must be locked for it.</summary>
    public static IEnumerable<HoldingKey> Keys(Instruction asked) => asked switch
    {
        Instruction.HandOver over => [over.Holding, over.Receiver],
        Instruction.Replace over => [over.Holding, over.Receiver],
        _ => [asked.Holding],
    };

    /// <summary>Whether it changes how many rights there are: then the supply row is locked too.</summary>
    public static bool ChangesSupply(Instruction asked) => asked is not (Instruction.HandOver or Instruction.Keep or Instruction.LiftHold);

    /// <summary>All of them or none: the first that is refused leaves everything as it was.</summary>
    /// <returns>The holding of each after it, or the place of the one that was refused and why.</returns>
    public (IReadOnlyList<Holding>? After, int Place, Refused? Refused) Take(IReadOnlyList<Instruction> unit, Actor actor)
    {
        var (held, counted, kept) = (new Dictionary<HoldingKey, Holding>(), new Dictionary<int, Supply>(), new Dictionary<(int, string), Hold>());
        var (happened, after) = (new List<(HoldingKey Key, HoldingEvent Event)>(), new List<Holding>(unit.Count));
        for (var place = 0; place < unit.Count; place++)
        {
            var (events, refused) = Decide(unit[place], key => Free(key, held.GetValueOrDefault(key) ?? now[key]), i => counted.GetValueOrDefault(i) ?? supply[i],
                hold => kept.GetValueOrDefault(hold) ?? holds.GetValueOrDefault(hold));
            if (refused is not null) return (null, place, refused);
            foreach (var (key, told) in events)
            {
                held[key] = Holding.Evolve(held.GetValueOrDefault(key) ?? now[key], told);
                if (Kept(key, told, kept) is { } hold) kept[(key.Account, hold.Reference)] = hold;
                if (ChangesSupply(unit[place])) counted[key.Instrument] = Supply.Evolve(counted.GetValueOrDefault(key.Instrument) ?? supply[key.Instrument], told);
            }

            happened.AddRange(events);
            var primary = unit[place].Holding;
            after.Add(held.GetValueOrDefault(primary) ?? now[primary]);
        }

        foreach (var (key, holding) in held) now[key] = holding;
        foreach (var (instrument, count) in counted) supply[instrument] = count;
        foreach (var (key, hold) in kept)
        {
            holds[key] = hold;
            changed.Add(key);
        }

        foreach (var (key, told) in happened)
        {
            if (!moved.TryGetValue(key, out var list)) moved[key] = list = [];
            list.Add(new(told, actor));
        }

        return (after, -1, null);
    }

    /// <summary>
    /// What its holder may dispose of: not what was available as this unit began and is claimed. What the unit itself frees was kept for its own purpose before the claim.
    /// </summary>
    private Holding Free(HoldingKey key, Holding standing) =>
        claimed?.GetValueOrDefault(key) is > 0 and var units ? standing with { Available = standing.Available - Math.Min(units, now[key].Available) } : standing;

    public IReadOnlyList<HoldingChange> Changes() =>
        [.. moved.OrderBy(m => m.Key).Select(m => new HoldingChange(holdings[m.Key], m.Value.ConvertAll(t => t.Event)) { By = m.Value.ConvertAll(t => t.By) })];

    /// <summary>What happened, each with its version in its stream: some of it has rows of its own.</summary>
    public IEnumerable<(HoldingKey Key, long Version, HoldingEvent Told)> Happened() => moved.OrderBy(m => m.Key).SelectMany(m => m.Value.Select((t, n) => (m.Key, holdings[m.Key].Version + n + 1, t.Event)));

    public IEnumerable<Hold> Holds() => changed.Order().Select(key => holds[key]);

    public IReadOnlyList<Supply> Supplies() => [.. supply.Values.Where(s => s != supplies[s.Instrument]).OrderBy(s => s.Instrument)];

    private static (IReadOnlyList<(HoldingKey Key, HoldingEvent Event)> Events, Refused? Refused) Decide(Instruction asked, Func<HoldingKey, Holding> held, Func<int, Supply> counted, Func<(int Account, string Reference), Hold?> kept)
    {
        switch (asked)
        {
            case Instruction.IssueRight i:
                return One(i.Holding, Issue.Decide(counted(i.Holding.Instrument).Issued, i.Units, i.Reason));
            case Instruction.HandOver t:
                var (leaving, arriving) = TransferRight.Decide(held(t.Holding), held(t.Receiver), t.Units, t.Reason, t.Serials);
                return leaving.Refused is { } refused ? ([], refused) : ([(t.Holding, leaving.Events[0]), (t.Receiver, arriving.Events[0])], null);
            case Instruction.Replace r:
                var (given, received, no) = TransferRight.Replace(held(r.Holding), held(r.Receiver), r.Units, r.Retired, r.Reason);
                return no is not null ? ([], no) : ([.. given.Select(e => (r.Holding, e)), (r.Receiver, received!)], null);
            case Instruction.Surrender s:
                return One(s.Holding, GiveUp.Surrender(held(s.Holding), s.Units, s.Obligation));
            case Instruction.ReverseSurrender r:
                return One(r.Holding, GiveUp.ReverseSurrender(r.Units, r.Of, r.Reason));
            case Instruction.Cancel c:
                return One(c.Holding, GiveUp.Cancel(held(c.Holding), c.Units, c.Reason));
            case Instruction.Retire r:
                return One(r.Holding, GiveUp.Retire(held(r.Holding), r.Units, r.Reason));
            case Instruction.Keep k:
                return kept((k.Holding.Account, k.Reference)) is null ? One(k.Holding, KeepBack.Place(held(k.Holding), k.Units, k.Reason, k.Reference))
                    : ([], Refused.Because("HOLD_EXISTS", "R-REG-03").With("reference", k.Reference));
            case Instruction.LiftHold l:
                return One(l.Holding, KeepBack.Lift(kept((l.Holding.Account, l.Reference)), l.Units, l.Reference));
            case Instruction.Reverse r:
                return One(r.Holding, GiveUp.Reverse(held(r.Holding), r.Units, r.Allocation, r.Reason));
            case Instruction.Expire e:
                return One(e.Holding, GiveUp.Expire(held(e.Holding), e.LastDay));
            default:
                throw new InvalidOperationException($"{asked.GetType().Name} is not an instruction of the desk");
        }
    }

    private static (IReadOnlyList<(HoldingKey Key, HoldingEvent Event)> Events, Refused? Refused) One(HoldingKey key, Decision<HoldingEvent> decision) =>
        (decision.Events.Select(e => (key, e)).ToList(), decision.Refused);

    /// <summary>The hold that an event moves, as it is after it; null: it moves none.</summary>
    private Hold? Kept(HoldingKey key, HoldingEvent told, Dictionary<(int, string), Hold> kept) => told switch
    {
        HoldingEvent.Held e => new(key, e.Reference, e.Reason, e.Units, e.Units, at, null),
        HoldingEvent.HoldLifted e when (kept.GetValueOrDefault((key.Account, e.Reference)) ?? holds[(key.Account, e.Reference)]) is var hold =>
            hold with { Standing = hold.Standing - e.Units, EndedAt = hold.Standing == e.Units ? at : null },
        _ => null,
    };

    private sealed record Told(HoldingEvent Event, Actor By);
}

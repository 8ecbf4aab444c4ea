using NodaTime;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Halts;

namespace Trading.Settlement.Tests;

public sealed class HaltingAnAccount
{
    private static readonly Instant Now = Instant.FromUtc(2026, 3, 2, 1, 30);
    private static readonly Actor Owner = new("steel", "enterprise"), Regulator = new("regulator", "regulator"), Second = new("operator", "operator");
    private static readonly Halt Own = new(1, 0, 7, true, "kill switch", HaltState.Halted, Owner, Now, null, null, null, null);
    private static readonly Halt Theirs = Own with { Id = 2, Own = false, Reason = "under inquiry", OrderedBy = Regulator };

    // Fails where Free looks at the owner's halt first: it then frees what the authority stopped.
    [Fact]
    public void Is_ended_by_its_owner_alone_unless_an_authority_stopped_it()
    {
        Assert.Equal((HaltState.Resumed, Owner), HaltDecisions.Free(Own, null, Owner, Now) is ({ } free, null) ? (free.State, free.CarriedOutBy) : default);
        Assert.Equal("BLOCKED_BY_AUTHORITY", HaltDecisions.Free(Own, Theirs, Owner, Now).Refused?.Code);
        Assert.Equal("BLOCKED_BY_AUTHORITY", HaltDecisions.Free(null, Theirs with { State = HaltState.ResumeOrdered }, Owner, Now).Refused?.Code);
        Assert.Equal((null, null), HaltDecisions.Free(null, null, Owner, Now));
    }

    // Fails where the owner's row is a halt like any other: two supervisors could then free an account whose owner stopped it.
    [Fact]
    public void By_its_owner_is_not_there_for_authorities()
    {
        Assert.Equal("NOT_FOUND", HaltDecisions.OrderResume(Own, "all is well", Regulator).Refused?.Code);
        Assert.Equal("NOT_FOUND", HaltDecisions.CarryOut(Own with { State = HaltState.ResumeOrdered, ResumeOrderedBy = Regulator }, Second, Now).Refused?.Code);
    }

    [Fact]
    public void By_an_authority_is_ended_by_two()
    {
        var asked = HaltDecisions.OrderResume(Theirs, " cleared ", Regulator).After!;
        Assert.Equal((HaltState.ResumeOrdered, "cleared"), (asked.State, asked.ResumeReason));
        Assert.Equal("FOUR_EYES", HaltDecisions.CarryOut(asked, Regulator, Now).Refused?.Code);
        Assert.Equal("HALT_STATE", HaltDecisions.CarryOut(Theirs, Second, Now).Refused?.Code);
        Assert.Equal(HaltState.Resumed, HaltDecisions.CarryOut(asked, Second, Now).After?.State);
    }

    // Fails where `another` is not asked: the market forgets the mark that the other halt still needs.
    [Fact]
    public void Is_told_to_the_market_and_taken_back_only_when_no_other_halt_stands()
    {
        Assert.Equal((CommandKind.BlockAccount, 7, CommandFlags.Blocked), Said(HaltDecisions.Tells(Own, false)));
        Assert.Equal((CommandKind.BlockAccount, 7, CommandFlags.None), Said(HaltDecisions.Tells(Own with { State = HaltState.Resumed }, false)));
        Assert.Empty(HaltDecisions.Tells(Own with { State = HaltState.Resumed }, true));
        Assert.Empty(HaltDecisions.Tells(Theirs with { State = HaltState.ResumeOrdered }, false));
        var phase = Assert.Single(HaltDecisions.Tells(Theirs with { Account = 0, Instrument = 3, State = HaltState.Resumed }, false));
        Assert.Equal((CommandKind.SetPhase, 3, Phase.Continuous), (phase.Kind, phase.Instrument, phase.Phase));
        // What gathers goes back to gathering: to trade on would be refused, and the halt would never end.
        Assert.Equal(Phase.Call, Assert.Single(HaltDecisions.Tells(Theirs with { Account = 0, Instrument = 3, State = HaltState.Resumed }, false, Mode.Sealed)).Phase);
    }

    private static (CommandKind, int, CommandFlags) Said(IReadOnlyList<Command> told) => (Assert.Single(told).Kind, told[0].Account, told[0].Flags);
}

using NodaTime;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Transfers;

namespace Trading.Registry.Holds;

/// <summary>What a proposal to surrender keeps back from its asking until it is decided (R-REG-03): as much of it as is there.</summary>
internal sealed class WaitingHold(Teller teller, IHoldings holdings)
{
    public async Task<Refused?> Keep(CarryingOut step, Part part, string reference, CancellationToken stop)
    {
        var now = Math.Min(part.Units, (await Locked(step, part, stop)).Available);
        return now == 0 ? null : (await teller.Within(step.Connection, step.Transaction, [new Instruction.Keep(part.Key, now, HoldReason.Compliance, reference, reference)], step.By)).Refused;
    }

    /// <summary>The holding under lock, what stands of the hold, and what ends it; null: nothing stands.</summary>
    public async Task<(Holding Now, long Kept, Instruction.LiftHold? End)> Of(CarryingOut step, Part part, string reference, CancellationToken stop)
    {
        var now = await Locked(step, part, stop);
        var kept = await HoldRows.Standing(step.Connection, step.Transaction, part.Of.Account, reference, stop);
        return (now, kept, kept == 0 ? null : new(part.Key, kept, reference, "lift/" + reference));
    }

    public async Task<Refused?> LetGo(CarryingOut step, Part part, string reference, CancellationToken stop) =>
        await Of(step, part, reference, stop) is (_, _, { } end) ? (await teller.Within(step.Connection, step.Transaction, [end], step.By)).Refused : null;

    /// <summary>What is decided on it stays true until the commit.</summary>
    private async Task<Holding> Locked(CarryingOut step, Part part, CancellationToken stop) => (await holdings.Lock(step.Connection, step.Transaction, [part.Key], stop))[part.Key];
}

using Trading.Settlement.Contracts;

namespace Trading.Simulation;

/// <summary>What people at their desks do meanwhile.</summary>
internal sealed partial class World
{
    private async Task AnswerSomething()
    {
        var queue = await The<IConfirmations>().Queue(County, DeliveryState.AwaitingConfirmation, 0, 20, Stop);
        if (queue.Count == 0) return;
        await Tried(() => The<IConfirmations>().Answer(County, queue[chance.Next(queue.Count)].TradeNo, 0, new(chance.Next(3) > 0, "总量", null, Someone), Stop));
    }

    private async Task FreezeSomething()
    {
        var desk = The<IFreezes>();
        var all = await desk.All(0, 100, Stop);
        var open = all.Where(f => f.State != FreezeState.Lifted).ToList();
        if (open.Count > 0 && chance.Next(2) == 0)
        {
            var freeze = open[chance.Next(open.Count)];
            await Tried(() => freeze.State == FreezeState.Active ? desk.OrderLift(freeze.Id, "文", Someone, Stop) : desk.CarryOut(freeze.Id, Another, Stop));
            return;
        }

        var instrument = chance.Next(3);
        await Tried(() => desk.Order(1 + chance.Next(Accounts), instrument, instrument == 0 ? 1 + chance.Next(25_000_000) : 1 + chance.Next(4_000), new(FreezeKind.Judicial, "法院", "法官", "文"), Someone, Stop));
    }

    private async Task BustSomething()
    {
        var desk = The<IBusts>();
        if ((await desk.All(long.MaxValue, 20, Stop)).FirstOrDefault(b => b.State == BustState.Asked) is { } asked)
        {
            await Tried(() => chance.Next(5) == 0 ? desk.Withdraw(asked.Id, Someone, Stop) : desk.Approve(asked.Id, Another, Stop));
            return;
        }

        var settled = (await The<ISettlements>().All(1, long.MaxValue, 20, Stop)).Where(s => s.State == DeliveryState.Settled).ToList();
        if (settled.Count > 0) await Tried(() => desk.Ask(settled[chance.Next(settled.Count)].TradeNo, "错价", Someone, Stop));
    }
}

using Trading.Matching.Core;
using Trading.Settlement.Contracts;
using static Trading.Settlement.Tests.Postgres.House;

namespace Trading.Settlement.Tests.Postgres;

[Trait("layer", "integration")]
public sealed class StoppingAnAccount
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly Registry.Contracts.Actor Owner = new("steel", "enterprise");

    // Fails where Turn does not wait for the market (Carried): the order still stands when the answer says it is done.
    [Fact]
    public async Task By_its_own_switch_is_in_force_when_the_answer_comes()
    {
        await using var house = await Open();
        var halts = house.The<IHalts>();
        await house.Place(Steel, Carbon, Side.Sell, 1_000, 60);
        var on = Got(await halts.Turn(Steel, true, Owner, Stop));
        Assert.True(on is { On: true, ByAuthority: false, InForce: true, By.User: "steel" });
        Assert.Equal(0, await house.Scalar<long>("select count(*) from matching.inbox where taken_by is null"));
        Assert.Equal(Refusal.AccountBlocked, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Code);
        // Turned on again it is the same turn.
        Assert.Equal(on.Since, Got(await halts.Turn(Steel, true, new("steel2", "enterprise"), Stop)).Since);
        Assert.Empty(await halts.All(long.MaxValue, 10, Stop));
        Assert.False(Got(await halts.Turn(Steel, false, Owner, Stop)).On);
        Assert.Equal(OutputKind.Accepted, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Kind);
        Assert.False((await halts.Switch(Steel, Stop)).On);
        await house.Rest();
        Assert.Empty(await house.Broken());
    }

    // Fails where Change takes it that no other halt stands: resuming one then frees the account under the other.
    [Fact]
    public async Task By_both_is_free_only_when_both_have_ended()
    {
        await using var house = await Open();
        var halts = house.The<IHalts>();
        Got(await halts.Turn(Steel, true, Owner, Stop));
        var halt = Got(await halts.OrderOfAccount(Steel, "under inquiry", Clerk, Stop));
        Assert.Equal("HALT_STATE", (await halts.OrderOfAccount(Steel, "again", Clerk, Stop)).Refused?.Code);
        Assert.Equal("UNKNOWN_ACCOUNT", (await halts.OrderOfAccount(99, "nobody", Clerk, Stop)).Refused?.Code);
        Assert.Equal("BLOCKED_BY_AUTHORITY", (await halts.Turn(Steel, false, Owner, Stop)).Refused?.Code);
        Assert.True((await halts.Switch(Steel, Stop)) is { On: true, ByAuthority: true });
        Got(await halts.OrderResume(halt.Id, "cleared", Clerk, Stop));
        Assert.Equal("FOUR_EYES", (await halts.CarryOut(halt.Id, Clerk, Stop)).Refused?.Code);
        Got(await halts.CarryOut(halt.Id, Second, Stop));
        await house.Rest();
        Assert.Equal(Refusal.AccountBlocked, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Code);
        Got(await halts.Turn(Steel, false, Owner, Stop));
        Assert.Equal(OutputKind.Accepted, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Kind);
    }

    // Fails without the gate of Standing: now and then both see the other's halt and nobody frees the account, or a freeing overtakes a halt.
    [Fact]
    public async Task Ends_well_however_both_meet()
    {
        await using var house = await Open();
        var halts = house.The<IHalts>();
        for (var round = 0; round < 25; round++)
        {
            Got(await halts.Turn(Steel, true, Owner, Stop));
            await Task.WhenAll(
                Task.Run(() => halts.Turn(Steel, false, Owner, Stop), Stop),
                Task.Run(() => halts.OrderOfAccount(Steel, "under inquiry", Clerk, Stop), Stop));
            await house.Rest();
            Assert.Equal(Refusal.AccountBlocked, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Code);
            var halt = Assert.Single(await halts.All(long.MaxValue, 1, Stop));
            Got(await halts.Turn(Steel, true, Owner, Stop));
            Got(await halts.OrderResume(halt.Id, "cleared", Clerk, Stop));
            await Task.WhenAll(
                Task.Run(() => halts.CarryOut(halt.Id, Second, Stop), Stop),
                Task.Run(async () =>
                {
                    while ((await halts.Turn(Steel, false, Owner, Stop)).Refused is not null)
                    {
                    }
                }, Stop));
            await house.Rest();
            Assert.Equal(OutputKind.Accepted, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Kind);
        }
    }

    // Fails where the settler only tells the market: the owner's switch would then free what could not be booked.
    [Fact]
    public async Task By_the_settler_is_ended_by_two_and_not_by_its_owner()
    {
        await using var house = await Open();
        await house.Execute("update registry.holdings set earmarked = 5, available = 95 where account = 1 and instrument = 1");
        await house.Trade(Carbon, 1_000, 30);
        await house.Rest();
        var halts = house.The<IHalts>();
        Assert.Equal("BLOCKED_BY_AUTHORITY", (await halts.Turn(Steel, false, Owner, Stop)).Refused?.Code);
        var halt = (await halts.All(long.MaxValue, 10, Stop)).Single(h => h.Account == Steel);
        Assert.Equal(("system", HaltState.Halted), (halt.OrderedBy.User, halt.State));
        Got(await halts.OrderResume(halt.Id, "corrected", Clerk, Stop));
        Got(await halts.CarryOut(halt.Id, Second, Stop));
        await house.Rest();
        Assert.NotEqual(Refusal.AccountBlocked, (await house.Place(Steel, Carbon, Side.Sell, 1_000, 1)).Outputs[0].Code);
    }
}

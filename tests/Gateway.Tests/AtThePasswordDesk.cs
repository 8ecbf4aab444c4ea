using Trading.Gateway.Identity;

namespace Trading.Gateway.Tests;

public sealed class AtThePasswordDesk : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private readonly PasswordDesk desk = new();

    [Fact]
    public void Many_with_one_name_are_told_to_come_again_and_others_are_not()
    {
        var places = Enumerable.Range(0, PasswordDesk.PerNameMost).Select(_ => desk.Enter("steel")).ToList();
        Assert.Equal("SLOW_DOWN", Refused(() => desk.Enter("steel")));
        desk.Enter("textile").Dispose();
        places[0].Dispose();
        places[0].Dispose();
        desk.Enter("steel");
        Assert.Equal("SLOW_DOWN", Refused(() => desk.Enter("steel")));
    }

    [Fact]
    public void All_together_are_bounded_whatever_they_call_themselves()
    {
        for (var i = 0; i < PasswordDesk.WaitingMost; i++) desk.Enter($"nobody-{i}");
        Assert.Equal("SLOW_DOWN", Refused(() => desk.Enter("somebody")));
    }

    [Fact]
    public async Task Nobody_is_hashed_for_who_has_left()
    {
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        var hashed = false;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.Hash(() => hashed = true, left.Token));
        Assert.True(await desk.Hash(() => true, Stop));
        Assert.False(hashed);
    }

    public void Dispose() => desk.Dispose();

    private static string Refused(Action enter) => Assert.Throws<RefusedException>(enter).Refused.Code;
}

using NodaTime;

namespace Trading.Settlement.Tests;

/// <remarks>Failed when the pace was taken since the beginning, not since it was told last.</remarks>
public sealed class WorkingOffABacklog
{
    private static readonly Instant Began = Instant.FromUtc(2026, 3, 2, 1, 30);

    [Fact]
    public void Is_told_every_five_seconds_while_it_takes_longer()
    {
        var backlog = new Backlog(Began, 1_000);
        Assert.False(backlog.Due(Began + Duration.FromSeconds(4)));
        var first = Began + Duration.FromSeconds(5);
        Assert.True(backlog.Due(first));
        Assert.Equal((60_000L, 2_000L, 30L), backlog.Tell(first, 11_000, 71_000));
        Assert.False(backlog.Due(first + Duration.FromSeconds(4)));
        Assert.Equal((40_000L, 4_000L, 10L), backlog.Tell(first + Duration.FromSeconds(5), 31_000, 71_000));
        // Level before it would be told again; and where nothing moves nobody knows how long.
        Assert.Null(backlog.Tell(first + Duration.FromSeconds(10), 61_000, 71_000));
        Assert.Null(backlog.Tell(first + Duration.FromSeconds(15), 61_000, 91_000));
    }
}

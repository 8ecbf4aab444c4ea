using NodaTime;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Releases;

namespace Trading.Settlement.Tests;

/// <remarks>Failed when keys paid their bid, when others were sorted by time, and when who cannot pay was given a part.</remarks>
public sealed class ReleasingAReserve
{
    private static readonly Instrument Energy = new(1, "ENE", "用能", "Energy", RightClass.Energy, null, null, null, "tce", 0, VenueMode.Operate, null, null);
    private static readonly ReserveRelease Offer = new(1, 1, 9, 10_000, 300m, ReleaseState.Open, default, null);

    // ENE-KEY-001.
    [Fact]
    public void Serves_key_projects_first_at_the_listed_price_and_the_rest_at_their_bids() =>
        Assert.Equal([(2, 6_000L, 300m, 180_000_000L, null), (3, 4_000L, 330m, 132_000_000L, null), (1, 0L, null, 0L, "RELEASE_SOLD_OUT")], Award(Asked(1, 8_000, 320m), Asked(2, 6_000, 340m, "P"), Asked(3, 4_000, 330m)));

    [Fact]
    public void Goes_on_to_the_next_where_one_cannot_pay_or_may_not() =>
        Assert.Equal([(1, 0L, null, 0L, "INSUFFICIENT_CASH"), (2, 0L, null, 0L, "ACCOUNT_STATE"), (3, 10_000L, 301m, 301_000_000L, (string?)null)],
            Award(cash: 302_000_000, Asked(1, 9_999, 303m), Asked(2, 9_999, 302m), Asked(3, 12_000, 301m)));

    [Fact]
    public void Takes_who_asked_first_where_bids_are_equal() =>
        Assert.Equal([(1, 7_000L, 300m, 210_000_000L, null), (2, 3_000L, 300m, 90_000_000L, (string?)null)], Award(Asked(1, 7_000, 300m), Asked(2, 7_000, 300m)));

    [Fact]
    public void Counts_one_account_twice_against_its_cash() =>
        Assert.Equal([(1, 10L, 300m, 300_000L, null), (1, 0L, null, 0L, "INSUFFICIENT_CASH")], Award(cash: 599_999, Asked(1, 10, 300m), Asked(1, 10, 300m)));

    private static ReleaseRequest Asked(int account, long units, decimal bid, string? project = null) => new(account, 1, account, project, units, bid, "x", Instant.MinValue, 0, null, 0, null);

    private static IEnumerable<(int, long, decimal?, long, string?)> Award(params ReleaseRequest[] requests) => Award(1_000_000_000, requests);

    private static IEnumerable<(int, long, decimal?, long, string?)> Award(long cash, params ReleaseRequest[] requests) =>
        KeyProjectsFirst.Award(Offer, Energy, requests, r => r.Project is not null, requests.Select(r => r.Account).Distinct().ToDictionary(a => a, _ => cash),
            r => r.Account == 2 && r.Bid == 302m ? Refused.Because("ACCOUNT_STATE", null) : null).Select(a => (a.Account, a.Awarded, a.Price, a.Paid, a.Why));
}

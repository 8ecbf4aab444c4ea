using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Settlement.Releases;

/// <summary>R-ENE-07: key projects are served first, in the order in which they asked and at the listed price; what is left goes to the highest bids, each at its own. Pure.</summary>
internal static class KeyProjectsFirst
{
    /// <param name="isKey">By the list in force at the award.</param>
    /// <param name="cash">Fen that an account can pay now; falls as it is awarded.</param>
    /// <param name="may">Whether the register still lets this one have it; null: yes.</param>
    public static IReadOnlyList<ReleaseRequest> Award(
        ReserveRelease release, Instrument instrument, IReadOnlyList<ReleaseRequest> requests, Func<ReleaseRequest, bool> isKey, IDictionary<int, long> cash, Func<ReleaseRequest, Refused?> may)
    {
        var left = release.Units;
        var decided = new List<ReleaseRequest>();
        var (key, others) = (requests.Where(isKey).OrderBy(r => r.Id), requests.Where(r => !isKey(r)).OrderByDescending(r => r.Bid).ThenBy(r => r.Id));
        foreach (var (request, price) in key.Select(r => (r, release.Price)).Concat(others.Select(r => (r, r.Bid))))
        {
            var units = Math.Min(request.Units, left);
            if (units == 0)
            {
                decided.Add(request with { Why = "RELEASE_SOLD_OUT" });
                continue;
            }

            var fen = Quotes.Fen(instrument.Quantity(units), price);
            var why = may(request)?.Code ?? (fen is null ? "BALANCE_OVERFLOW" : fen > cash[request.Account] ? "INSUFFICIENT_CASH" : null);
            if (why is not null)
            {
                decided.Add(request with { Why = why });
                continue;
            }

            cash[request.Account] -= fen!.Value;
            left -= units;
            decided.Add(request with { Awarded = units, Price = price, Paid = fen.Value });
        }

        return decided;
    }
}

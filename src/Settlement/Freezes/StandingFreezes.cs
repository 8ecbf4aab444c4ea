using System.Globalization;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Freezes;

/// <summary>
/// Freezes that have not got all they ask for (轮候冻结, R-REG-06). Whatever comes available in their account goes to them before anybody decides on
/// it, oldest first: a release on its way when the freeze came, a payment, a right received, what another freeze gives back.
/// </summary>
internal static class StandingFreezes
{
    public static bool Stands(Freeze freeze) => freeze.State is FreezeState.Active or FreezeState.LiftOrdered or FreezeState.DeductOrdered && freeze.Taken < freeze.Amount;

    /// <summary>Their claims in the market stay as they are: what those bring beyond the order comes back as available, and so to the next in line.</summary>
    public static void Take(Books books)
    {
        if (books.Freezes.Count == 0) return;
        foreach (var id in books.Freezes.Keys.Order().ToList())
        {
            var freeze = books.Freezes[id].Now;
            if (!Stands(freeze)) continue;
            var key = new HoldingKey(freeze.Account, freeze.Instrument);
            var available = freeze.Instrument == 0
                ? books.Funds.TryGetValue(freeze.Account, out var funds) ? funds.Now.Available : 0
                : books.Holdings.TryGetValue(key, out var holding) ? holding.Now.Available : 0;
            var taken = Math.Min(available, freeze.Amount - freeze.Taken);
            if (taken <= 0) continue;
            var after = freeze with { Taken = freeze.Taken + taken };
            books.Book(new()
            {
                Rights = freeze.Instrument == 0 ? [] : [(key, new HoldingEvent.Frozen(taken, id))],
                Money = freeze.Instrument == 0 ? Money.Between("freeze/" + id.ToString(CultureInfo.InvariantCulture), freeze.Account, Bucket.Available, Bucket.Frozen, taken) : null,
                Freeze = after,
                ToMarket = Stands(after) ? [] : [DropClaim(freeze)],
            });
        }
    }

    /// <summary>It gives back all it holds: lifted by order, or past its last day.</summary>
    /// <param name="listed">Also where it has all it asked for: the market keeps a claim until it is told otherwise.</param>
    public static Booking LetGo(Freeze freeze, Freeze after, bool listed) => new()
    {
        Rights = freeze.Instrument != 0 && freeze.Taken > 0 ? [(new(freeze.Account, freeze.Instrument), new HoldingEvent.Unfrozen(freeze.Taken, freeze.Id))] : [],
        Money = freeze.Instrument == 0 && freeze.Taken > 0
            ? Money.Between("freeze/" + freeze.Id.ToString(CultureInfo.InvariantCulture) + "/lift", freeze.Account, Bucket.Frozen, Bucket.Available, freeze.Taken) : null,
        Freeze = after,
        ToMarket = listed ? [DropClaim(freeze)] : [],
    };

    public static Command DropClaim(Freeze freeze) =>
        new() { Kind = CommandKind.LiftSeizure, Account = freeze.Account, Instrument = freeze.Instrument, Reference = freeze.Id };
}

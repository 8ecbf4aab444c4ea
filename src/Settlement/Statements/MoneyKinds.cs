using Trading.Settlement.Contracts;

namespace Trading.Settlement.Statements;

/// <summary>An entry's reason is written for books; here it is read for people.</summary>
internal static class MoneyKinds
{
    /// <summary>What an entry was to the account whose buckets it moved so far.</summary>
    public static MoneyKind Of(string entry, FundChange change)
    {
        var parts = entry.Split('/');
        return (parts[0], change.Total) switch
        {
            ("payment", > 0) => MoneyKind.PayIn,
            ("payment", _) => MoneyKind.PayOut,
            ("transfer", _) => change.InMarket > 0 ? MoneyKind.IntoMarket : MoneyKind.OutOfMarket,
            ("trade" or "settled", < 0) => MoneyKind.Bought,
            ("trade" or "settled", > 0) => MoneyKind.Sold,
            ("trade", 0) => MoneyKind.SetAside,
            ("unwound", _) => MoneyKind.Returned,
            ("bust", _) => MoneyKind.Busted,
            ("freeze", < 0) => MoneyKind.Deducted,
            ("freeze", > 0) => MoneyKind.DeductionReceived,
            ("freeze", _) => change.Frozen >= 0 ? MoneyKind.Frozen : MoneyKind.Unfrozen,
            ("release", < 0) => MoneyKind.ReleaseBought,
            ("release", _) => MoneyKind.ReleaseProceeds,
            ("realisation", < 0) => MoneyKind.PledgeBought,
            ("realisation", _) => MoneyKind.PledgeProceeds,
            ("payout", < 0) => MoneyKind.PayOut,
            ("payout", > 0) => MoneyKind.PayIn,
            ("payout", _) => change.PayingOut > 0 ? MoneyKind.PayOutAsked : MoneyKind.PayOutBack,
            ("lot", < 0) => parts[^1] == "paid" ? MoneyKind.LotBought : MoneyKind.DepositTaken,
            ("lot", _) => parts[^1] switch { "award" => MoneyKind.DepositReturned, "forfeited" => MoneyKind.DepositForfeited, _ => MoneyKind.LotProceeds },
            _ => MoneyKind.Other,
        };
    }

    /// <summary>The number that people know: of the trade, the transfer, the freeze; the bank's reference whole, whatever stands in it.</summary>
    public static string Reference(string entry) => entry.Split('/') switch
    {
        ["payment", ..] => entry["payment/".Length..],
        [_, var number, ..] => number,
        _ => entry,
    };
}

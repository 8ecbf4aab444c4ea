using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;

namespace Trading.Settlement.Lots;

/// <summary>What a step does to a lot and its deposits: money in one entry, deposits and lot as they stand then.</summary>
internal sealed record LotStep(Lot Lot, Entry? Money, IReadOnlyList<Deposit> Changed);

/// <summary>R-SET-04, R-SET-07. Pure.</summary>
internal static class LotDecisions
{
    /// <summary>Of the hold in its seller's account, and of its entries.</summary>
    public static string Reference(Lot lot) => string.Create(CultureInfo.InvariantCulture, $"lot/{lot.Id}/{lot.Round}");

    /// <summary>Who bids lays down his deposit.</summary>
    /// <param name="fen">What the lot comes to at its asked price.</param>
    public static Outcome<LotStep> Register(Lot lot, int account, long fen, DepositsNow terms, Credit? credit, FundAccount funds, Instant at)
    {
        if (MayRegister(lot, account) is { } no) return no;
        var deposit = terms.Fen(fen, credit);
        if (funds.Available < deposit) return Refused.Because("INSUFFICIENT_CASH", "R-SET-04", ("needed", deposit), ("available", funds.Available));
        var taken = new Deposit(0, lot.Id, lot.Round, account, deposit, DepositState.Held, at, null);
        return new LotStep(lot with { Bound = true }, Money.Move(Entry(lot, account), new(account, Bucket.Available, -deposit), new(Money.Deposits, Bucket.Available, deposit)), [taken]);
    }

    /// <summary>What he would lay down, before he does.</summary>
    /// <inheritdoc cref="Register"/>
    public static Outcome<LotQuote> Quote(Lot lot, int account, long fen, DepositsNow terms, Credit? credit) =>
        MayRegister(lot, account) is { } no ? no : new LotQuote(fen, terms.Fen(fen, credit), terms.PayBy);

    private static Refused? MayRegister(Lot lot, int account) =>
        !lot.Takes ? State(lot) : account == lot.Seller ? Refused.Because("SAME_ACCOUNT", "R-SET-04", ("account", account)) : null;

    /// <summary>The winner's deposit stays; everybody else's goes back.</summary>
    public static Outcome<LotStep> Award(Lot lot, IReadOnlyList<Deposit> deposits, int winner, decimal price, long? fen, DepositsNow terms, Instant at)
    {
        if (!lot.Takes) return State(lot);
        if (price < lot.Price) return Refused.Because("PRICE_BELOW_LIMIT", "R-SET-04", ("price", price), ("limit", lot.Price));
        if (fen is not { } owed) return Refused.Because("BALANCE_OVERFLOW", null, ("price", price));
        if (!Standing(lot, deposits).Any(d => d.Account == winner)) return Refused.Because("DEPOSIT_MISSING", "R-SET-04", ("account", winner));
        var back = Standing(lot, deposits).Where(d => d.Account != winner).Select(d => d with { State = DepositState.Returned, EndedAt = at }).ToList();
        Posting[] postings = [.. back.Select(d => new Posting(d.Account, Bucket.Available, d.Fen)), new(Money.Deposits, Bucket.Available, -back.Sum(d => d.Fen))];
        return new LotStep(lot with { State = LotState.Awarded, Winner = winner, AwardPrice = price, Fen = owed, PayBy = terms.PayBy }, Money.Move(Reference(lot) + "/award", postings), back);
    }

    /// <summary>The deposit counts, the rest is paid.</summary>
    public static Outcome<LotStep> Pay(Lot lot, IReadOnlyList<Deposit> deposits, int account, FundAccount funds, Instant at)
    {
        if (lot.State != LotState.Awarded) return State(lot);
        if (lot.Winner != account) return Refused.Because("FORBIDDEN", "R-SET-04", ("lotId", lot.Id));
        if (at >= lot.PayBy) return Refused.Because("PAYMENT_OVERDUE", "R-SET-07").With("until", InstantPattern.General.Format(lot.PayBy!.Value));
        var deposit = Standing(lot, deposits).Single(d => d.Account == account);
        var rest = lot.Fen!.Value - deposit.Fen;
        if (funds.Available < rest) return Refused.Because("INSUFFICIENT_CASH", "R-SET-01", ("needed", rest), ("available", funds.Available));
        return new LotStep(lot with { State = LotState.Settled, Bound = false },
            Money.Move(Reference(lot) + "/paid", new(account, Bucket.Available, -rest), new(Money.Deposits, Bucket.Available, -deposit.Fen), new(lot.Seller, Bucket.Available, lot.Fen.Value)),
            [deposit with { State = DepositState.Applied, EndedAt = at }]);
    }

    /// <summary>Whoever won and did not pay loses what he laid down to the seller; the lot is listed anew, and its units are the seller's.</summary>
    /// <returns>Null: paid meanwhile, or in time still.</returns>
    public static LotStep? Default(Lot lot, IReadOnlyList<Deposit> deposits, Instant at)
    {
        if (lot.State != LotState.Awarded || at < lot.PayBy) return null;
        var deposit = Standing(lot, deposits).Single(d => d.Account == lot.Winner);
        return new(lot with { State = LotState.Relisted, Round = lot.Round + 1, Bound = false, Winner = null, AwardPrice = null, Fen = null, PayBy = null },
            Money.Move(Reference(lot) + "/forfeited", new(Money.Deposits, Bucket.Available, -deposit.Fen), new(lot.Seller, Bucket.Available, deposit.Fen)),
            [deposit with { State = DepositState.Forfeited, EndedAt = at }]);
    }

    public static Refused State(Lot lot) => Refused.Because("LOT_STATE", "R-SET-04").With("state", lot.State.ToString());

    public static IEnumerable<Deposit> Standing(Lot lot, IReadOnlyList<Deposit> deposits) => deposits.Where(d => d.Round == lot.Round && d.State == DepositState.Held);

    private static string Entry(Lot lot, int account) => string.Create(CultureInfo.InvariantCulture, $"{Reference(lot)}/deposit/{account}");
}

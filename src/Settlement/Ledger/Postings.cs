using Trading.Settlement.Contracts;

namespace Trading.Settlement.Ledger;

/// <summary>Persisted, append-only.</summary>
internal enum Bucket : short { Available = 1, InMarket = 2, Awaiting = 3, Frozen = 4, PayingOut = 6 }

/// <summary>One line of a double entry, in fen; never 0.</summary>
internal readonly record struct Posting(int Account, Bucket Bucket, long Fen);

/// <summary>Money that moved for one reason, e.g. "trade/17". Its postings sum to zero.</summary>
internal sealed record Entry(string Reason, IReadOnlyList<Posting> Postings);

internal static class Money
{
    /// <summary>Collects the fees of both sides.</summary>
    public const int Fees = 0;

    /// <summary>Owes what was paid in and not yet paid out: the only account below zero.</summary>
    public const int Bank = -1;

    /// <summary>Holds what was laid down for lots (保证金); settlement.deposits says whose it is.</summary>
    public const int Deposits = -2;

    public static Entry Move(string reason, params ReadOnlySpan<Posting> postings)
    {
        var lines = new List<Posting>(postings.Length);
        foreach (var posting in postings)
        {
            if (posting.Fen != 0) lines.Add(posting);
        }

        return new(reason, lines);
    }

    public static Entry Between(string reason, int account, Bucket from, Bucket to, long fen) => Move(reason, new(account, from, -fen), new(account, to, fen));

    /// <summary>Throws where a bucket of a participant would fall below zero: a booking must stop there.</summary>
    public static FundAccount Evolve(FundAccount account, Posting posting)
    {
        var next = posting.Bucket switch
        {
            Bucket.Available => account with { Available = account.Available + posting.Fen },
            Bucket.InMarket => account with { InMarket = account.InMarket + posting.Fen },
            Bucket.Awaiting => account with { Awaiting = account.Awaiting + posting.Fen },
            Bucket.Frozen => account with { Frozen = account.Frozen + posting.Fen },
            Bucket.PayingOut => account with { PayingOut = account.PayingOut + posting.Fen },
            _ => throw new InvalidOperationException($"{posting.Bucket} is no bucket"),
        };
        if (account.Account != Bank && (next.Available | next.InMarket | next.Awaiting | next.Frozen | next.PayingOut) < 0)
            throw new InvalidOperationException($"{posting} would put {account} below zero");
        return next;
    }
}

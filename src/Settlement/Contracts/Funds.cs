using Trading.Registry.Contracts;

namespace Trading.Settlement.Contracts;

/// <summary>One account's money in fen. Available: outside the market. Awaiting: behind a conditional trade. No bucket is ever negative.</summary>
public sealed record FundAccount(int Account, long Available, long InMarket, long Awaiting, long Frozen)
{
    /// <summary>Asked to be paid out (出金), and not out yet.</summary>
    public long PayingOut { get; init; }

    public long Total => Available + InMarket + Awaiting + Frozen + PayingOut;
}

public interface IFunds
{
    Task<FundAccount> Of(int account, CancellationToken stop);

    /// <summary>Books money that reached the settlement bank. <paramref name="reference"/> (the bank's) is unique: a repeat changes nothing.</summary>
    Task<Outcome<FundAccount>> PayIn(int account, long fen, string reference, Actor actor, CancellationToken stop);

    /// <summary>Books money paid out to the account's bank. As <see cref="PayIn"/>; refused INSUFFICIENT_CASH beyond what is available.</summary>
    Task<Outcome<FundAccount>> PayOut(int account, long fen, string reference, Actor actor, CancellationToken stop);
}

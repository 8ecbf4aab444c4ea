using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>A market that says after every command whether it is still whole.</summary>
internal sealed class Scene
{
    private readonly OutputBuffer outputs = new();

    public Scene(params Command[] before)
    {
        foreach (var command in before) Assert.DoesNotContain(Do(command), o => o.Kind == OutputKind.Rejected);
    }

    public Market Market { get; } = new(new MarketOptions());

    public Output[] Do(Command command)
    {
        outputs.Clear();
        Market.Apply(in command, outputs);
        Assert.Empty(Market.Broken());
        return outputs.Written.ToArray();
    }

    /// <summary>Number of the order that this command enters.</summary>
    public long Enters(Command place)
    {
        var accepted = Do(place)[0];
        Assert.Equal(OutputKind.Accepted, accepted.Kind);
        return accepted.Order;
    }

    public void Refuses(Command command, Refusal code, long? needed = null, long? had = null)
    {
        var answer = Assert.Single(Do(command));
        Assert.Equal((OutputKind.Rejected, code), (answer.Kind, answer.Code));
        if (needed is { } n) Assert.Equal(n, answer.Needed);
        if (had is { } h) Assert.Equal(h, answer.Had);
    }

    public void Holds(int account, int asset, long free, long locked) => Assert.Equal((free, locked), Market.Balance(account, asset));

    public List<(long Ticks, long Lots, int Orders)> Bids(int instrument) => [.. Market.Depth(instrument, Side.Buy)];

    public List<(long Ticks, long Lots, int Orders)> Asks(int instrument) => [.. Market.Depth(instrument, Side.Sell)];

    public static string Told(IEnumerable<Output> outputs) => string.Join("; ", outputs.Select(o => o.Kind switch
    {
        OutputKind.Trade => $"trade {o.Lots}@{o.Ticks} {o.BuyOrder}/{o.SellOrder} for {o.Amount} fees {o.BuyFee}+{o.SellFee} shows {o.Shown} {o.SellShown}",
        OutputKind.Cancelled => $"cancelled {o.Order} {o.Lots} {o.Reason}",
        OutputKind.Rejected => $"rejected {o.Code} {o.Needed} {o.Had}",
        OutputKind.Repeated => $"repeated {o.Original}",
        OutputKind.Accepted => $"accepted {o.Order}",
        OutputKind.Replaced => $"replaced {o.Order} {o.Lots}@{o.Ticks}",
        OutputKind.Seized or OutputKind.SeizureLifted => $"{o.Kind} {o.Reference} {o.Amount} of {o.Instrument}",
        OutputKind.Settled or OutputKind.Unwound => $"{o.Kind} {o.TradeNo} {o.Lots} for {o.Amount} fees {o.BuyFee}+{o.SellFee}",
        OutputKind.Decremented => $"decremented {o.Order} by {o.Lots} to {o.Left}",
        OutputKind.Triggered => $"triggered {o.Order}",
        OutputKind.Closed => $"closed {o.Instrument} at {o.Ticks}, {o.Lots} lots for {o.Amount}",
        OutputKind.Busted => $"busted {o.TradeNo}",
        OutputKind.Uncrossed => $"uncrossed {o.Instrument} priced {o.Priced} {o.Lots}@{o.Ticks} left {o.Left} {o.Side}",
        OutputKind.SaleClosed => $"sale closed {o.Order} priced {o.Priced} {o.Lots}@{o.Ticks} of {o.Bids} bids, seed {o.Seeded} {o.Seed}",
        OutputKind.SaleOpened => $"sale opened {o.Order} {o.Lots}@{o.Ticks}",
        OutputKind.Extended => $"extended {o.Order} {o.UntilMicros}",
        OutputKind.Rested => $"rested {o.Order} {o.Lots}@{o.Ticks} shows {o.Shown}",
        OutputKind.Proposed => $"proposed {o.Order} to {o.Counterparty} {o.Lots}@{o.Ticks}",
        _ => $"{o.Kind} {o.Account} {o.Instrument} {o.Phase} {o.Amount}",
    }));
}

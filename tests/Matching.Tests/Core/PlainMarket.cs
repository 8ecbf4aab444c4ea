using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>
/// The same market said slowly: lists that are searched, whole numbers without end, nothing kept that can be worked out. What is free is what
/// is owned less what orders and trades need. It shares the words of commands and outputs with the real one, and no line of code.
/// </summary>
internal sealed partial class PlainMarket
{
    private readonly SortedDictionary<int, PlainInstrument> instruments = [];
    private readonly SortedSet<int> known = [];
    private readonly HashSet<int> blocked = [];
    private readonly Dictionary<int, long> groups = [];
    private readonly SortedDictionary<int, long> timers = [];
    private readonly Dictionary<(int Account, int Asset), BigInteger> owned = [];
    private readonly Dictionary<(int Account, int Instrument), (bool Buy, bool Sell, long Limit)> permits = [];
    private readonly List<PlainOrder> open = [];
    private readonly List<PlainTrade> pending = [];
    private readonly List<PlainClaim> claims = [];
    private readonly List<PlainProposal> proposals = [];
    private readonly HashSet<long> busted = [];
    private readonly Dictionary<(int, ulong, ulong), PlainId> heard = [];
    private List<Output> said = [];
    private Command now;
    private long sequence;
    private long trades;
    private int entries;
    /// <summary>Days ended: what ids that no instrument keeps are forgotten by.</summary>
    private BigInteger days;
    private BigInteger dayEnds = long.MaxValue;
    private long dayLength;

    public IReadOnlyList<PlainOrder> Open => open;

    public IReadOnlyList<PlainTrade> Pending => pending;

    public IReadOnlyList<PlainClaim> Claims => claims;

    public IReadOnlyList<PlainProposal> Proposals => proposals;

    public PlainInstrument? Instrument(int number) => Listed(number);

    public BigInteger NextDue => Dues().Select(d => d.At).Append(dayEnds).Min();

    public (BigInteger Free, BigInteger Locked) Balance(int account, int asset)
    {
        var behind = Behind(account, asset);
        return (Owned(account, asset) - behind, behind);
    }

    public IEnumerable<(long Ticks, long Lots, int Orders)> Depth(int instrument, Side side)
    {
        var levels = open.Where(o => o.Instrument.Number == instrument && o.Side == side && !o.Waiting && !o.Apart)
            .GroupBy(o => o.Ticks).Select(l => (l.Key, l.Sum(o => o.Shows), l.Count()));
        return side == Side.Buy ? levels.OrderByDescending(l => l.Key) : levels.OrderBy(l => l.Key);
    }

    public Phase PhaseOf(int instrument) => Listed(instrument)?.Phase ?? Phase.None;

    public long? LastTicks(int instrument) => Listed(instrument)?.Last;

    public long? CloseTicks(int instrument) => Listed(instrument)?.Close;

    public List<Output> Apply(Command command)
    {
        said = [];
        now = command;
        sequence++;
        Sweep();
        if (Decide() is var (code, needed, had)) Refused(code, needed, had);
        return said;
    }

    private (Refusal Code, BigInteger Needed, BigInteger Had)? Decide()
    {
        if (now.Version != 2) return (Refusal.UnknownCommand, 2, now.Version);
        return now.Kind switch
        {
            CommandKind.ListInstrument => ListInstrument(),
            CommandKind.SetLimits => SetLimits(),
            CommandKind.SetTerms => SetTerms(),
            CommandKind.SetFee => SetFee(),
            CommandKind.Permit => Permit(),
            CommandKind.BlockAccount => BlockAccount(),
            CommandKind.GroupAccount => GroupAccount(),
            CommandKind.ArmTimer => ArmTimer(),
            CommandKind.Deposit => Deposit(),
            CommandKind.Withdraw => Withdraw(),
            CommandKind.Place => Place(),
            CommandKind.Cancel => Cancel(),
            CommandKind.CancelAll => CancelAll(CancelReason.User),
            CommandKind.Disconnect => CancelAll(CancelReason.Disconnect),
            CommandKind.Replace => Replace(),
            CommandKind.SetPhase => SetPhase(),
            CommandKind.StartDay => StartDay(),
            CommandKind.Advance => null,
            CommandKind.Seize => Seize(),
            CommandKind.LiftSeizure => Lift(),
            CommandKind.Settle => Conclude(settles: true),
            CommandKind.Unwind => Conclude(settles: false),
            CommandKind.BustTrade => Bust(),
            CommandKind.Take => Take(),
            CommandKind.OpenSale => OpenSale(),
            CommandKind.Propose => Propose(),
            CommandKind.Accept => Accept(),
            CommandKind.Decline => Decline(),
            _ => (Refusal.UnknownCommand, 0, (int)now.Kind),
        };
    }

    private static (Refusal, BigInteger, BigInteger) No(Refusal code) => (code, 0, 0);

    private static (Refusal, BigInteger, BigInteger) No(Refusal code, BigInteger needed, BigInteger had) => (code, needed, had);

    private void Refused(Refusal code, BigInteger needed, BigInteger had)
    {
        var no = Said(OutputKind.Rejected) with
        {
            Code = code, Account = now.Account, Instrument = now.Instrument, Side = now.Side, Needed = (long)needed, Had = (long)had,
        };
        if (now.Kind is CommandKind.Deposit or CommandKind.Withdraw or CommandKind.Seize or CommandKind.LiftSeizure)
        {
            no.Reference = now.Reference;
            no.Amount = now.Amount;
        }

        if (now.Kind is CommandKind.Cancel or CommandKind.Replace or CommandKind.Take or CommandKind.Accept or CommandKind.Decline) no.Order = now.Order;
        if (now.Kind is CommandKind.Settle or CommandKind.Unwind or CommandKind.BustTrade)
        {
            no.TradeNo = now.Trade;
            no.Lots = now.Lots;
        }

        said.Add(no);
    }

    private Output Said(OutputKind kind) => new() { Kind = kind, AtMicros = now.AtMicros };

    private static bool Possible(int account) => account is >= 1 and <= 1_048_576;

    private PlainInstrument? Listed(int number) => instruments.GetValueOrDefault(number);

    private BigInteger Owned(int account, int asset) => owned.GetValueOrDefault((account, asset));

    private void Gains(int account, int asset, BigInteger amount) => owned[(account, asset)] = Owned(account, asset) + amount;

    private BigInteger Behind(int account, int asset)
    {
        var sum = BigInteger.Zero;
        foreach (var order in open.Where(o => o.Account == account))
        {
            // The bids of a sealed sale lock together.
            if (asset == 0) sum += order.Instrument.Mode == Mode.Sealed && order.Owed is null ? 0 : order.Money();
            else if (asset == order.Instrument.Number) sum += order.Rights();
        }

        foreach (var instrument in instruments.Values.Where(i => asset == 0 && i.Mode == Mode.Sealed)) sum += Guarantee(account, instrument);
        foreach (var trade in pending.Where(t => !t.Instrument.RiskOff))
        {
            if (trade.Buyer == account && asset == 0) sum += trade.Amount + trade.BuyFee - trade.Paid - trade.BuyFeePaid;
            if (trade.Seller == account && asset == trade.Instrument.Number) sum += trade.Lots - trade.Done;
        }

        return sum;
    }

    private BigInteger Free(int account, int asset) => Owned(account, asset) - Behind(account, asset);

    /// <summary>Free lots that were not bought too lately.</summary>
    private BigInteger Sellable(int account, PlainInstrument instrument) => Free(account, instrument.Number) - instrument.Fresh(account);

    private BigInteger InMarket(int asset) => owned.Where(o => o.Key.Asset == asset).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Value);

    private BigInteger OpenLots(PlainInstrument instrument, Side side) =>
        open.Where(o => o.Instrument == instrument && o.Side == side).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Left);

    /// <summary>Lots that are on their way to a buyer: behind his open orders and behind conditional trades.</summary>
    private BigInteger Coming(int account, PlainInstrument instrument)
    {
        var orders = open.Where(o => o.Account == account && o.Side == Side.Buy && o.Instrument == instrument).Aggregate(BigInteger.Zero, (sum, o) => sum + o.Left);
        return orders + pending.Where(t => t.Buyer == account && t.Instrument == instrument).Aggregate(BigInteger.Zero, (sum, t) => sum + t.Lots - t.Done);
    }

    private bool OneGroup(int one, int other) => one == other || (groups.TryGetValue(one, out var group) && groups.TryGetValue(other, out var second) && group == second);

    /// <summary>Freezes take what is free, first come first.</summary>
    /// <param name="notYet">Is on its way to the account, and comes free only after this.</param>
    private void Grab(int account, int asset, BigInteger notYet = default)
    {
        foreach (var claim in claims)
        {
            if (claim.Account != account || claim.Asset != asset) continue;
            var taken = BigInteger.Min(claim.Left, Free(account, asset) - notYet);
            if (taken <= 0) continue;
            claim.Left -= taken;
            Gains(account, asset, -taken);
            if (asset != 0) KeepNoMoreFresh(account, Listed(asset)!);
            said.Add(Said(OutputKind.Seized) with { Account = account, Instrument = asset, Amount = (long)taken, Reference = claim.Reference });
        }
    }

    /// <summary>Of what was bought lately no more stays than is there; what was bought first goes first.</summary>
    private void KeepNoMoreFresh(int account, PlainInstrument instrument)
    {
        foreach (var bought in instrument.Bought.Where(b => b.Account == account))
        {
            var tooMany = instrument.Fresh(account) - Free(account, instrument.Number);
            if (tooMany > 0) bought.Lots -= BigInteger.Min(bought.Lots, tooMany);
        }
    }

    private void Leaves(PlainOrder order, CancelReason reason)
    {
        open.Remove(order);
        Dies(order);
        said.Add(Said(OutputKind.Cancelled) with
        {
            Instrument = order.Instrument.Number, Account = order.Account, Order = order.Number, Side = order.Side, Ticks = order.Price, Lots = order.Left, Reason = reason,
        });
        Grab(order.Account, order.Instrument.Number);
        Grab(order.Account, 0);
        if (order.IsSale) Fails(order.Instrument);
    }

    private void Dies(PlainOrder order)
    {
        if (order.Id is { } id) id.Died = order.Instrument.Closes;
    }

    private void LeaveAll(IEnumerable<PlainOrder> which, CancelReason reason)
    {
        foreach (var order in which.OrderBy(o => o.Number).ToList())
        {
            // With a sale its bids have gone already.
            if (open.Contains(order)) Leaves(order, reason);
        }
    }
}

using System.Numerics;
using Trading.Matching.Core;

namespace Trading.Matching.Tests;

/// <summary>An order of the plain market: what was asked, and what came of it so far.</summary>
internal sealed class PlainOrder
{
    public required long Number;
    public required int Account;
    public required PlainInstrument Instrument;
    public required Side Side;
    public required OrderType Type;
    public required TimeInForce InForce;
    public required bool PostOnly;
    public required SelfTrade SelfTrade;
    /// <summary>As it was when the order entered.</summary>
    public required int FeeRate;
    public long Ticks;
    public long Lots;
    public long Stop;
    public long Display;
    public long Least;
    public long Until;
    public PlainId? Id;
    public bool Waiting;
    /// <summary>The worst price at which a stop that enters at the market can pay; null = any.</summary>
    public long? Cap;
    public long Filled;
    /// <summary>Of an iceberg, what is in sight.</summary>
    public long Tip;
    /// <summary>Σ ticks × lots of the fills that this order pays for, and what it paid.</summary>
    public BigInteger Spent;
    public BigInteger Paid;
    public BigInteger Earned;
    public BigInteger Fee;
    /// <summary>Since when it stands at its price.</summary>
    public int Since;
    /// <summary>As the command said it; above 0 it is a listing.</summary>
    public byte Listing;
    /// <summary>The listing that a Take chose; else 0.</summary>
    public long Chosen;
    /// <summary>What is locked for a winner of a sale between its close and its trade.</summary>
    public BigInteger? Owed;

    public BigInteger FeeOn(BigInteger amount) => PlainInstrument.HalfUp(amount * FeeRate, 1_000_000);

    public PlainOrder Copy() => (PlainOrder)MemberwiseClone();

    public long Left => Lots - Filled;

    public long Shows => Display == 0 ? Left : Tip;

    public bool AtMarket => Type is OrderType.Market or OrderType.Stop;

    /// <summary>What the outputs say its price is.</summary>
    public long Price => AtMarket ? 0 : Ticks;

    public long? Limit => AtMarket ? Cap : Ticks;

    public bool Takes(long ticks) => Limit is not { } limit || (Side == Side.Buy ? ticks <= limit : ticks >= limit);

    /// <summary>In no queue of a price: a market order in a call, or a taker who waits for the sharing out.</summary>
    public bool Apart => !Waiting && (Type == OrderType.Market || (Instrument.Mode == Mode.Listing && Listing == 0));

    /// <summary>It is what a sale sells, or what a purchase asks for.</summary>
    public bool IsSale => Instrument.Sale?.Order == this;

    /// <summary>A leading bid, which its bidder cannot take back.</summary>
    public bool Binding => Instrument.Mode is Mode.Ascending or Mode.Descending && !IsSale;

    public bool SetOffBy(long ticks) => Side == Side.Buy ? ticks >= Stop : ticks <= Stop;

    public BigInteger Rights() => Side == Side.Sell && !Instrument.RiskOff ? Left : 0;

    /// <summary>Fen that what is left can still cost. A market order rests in a call only: what it takes elsewhere is paid as it takes it.</summary>
    public BigInteger Money()
    {
        if (Owed is { } owed) return owed;
        if (Instrument.RiskOff || Limit is not { } limit) return 0;
        var worst = Instrument.Fen(Spent + (PlainInstrument.Pays(Side, limit) * Left));
        return Side == Side.Buy ? worst + FeeOn(worst) - Paid - Fee : Paid - worst;
    }
}

internal sealed class PlainInstrument
{
    public required int Number;
    public required BigInteger Num;
    public required BigInteger Den;
    /// <summary>Of orders that enter now.</summary>
    public required int FeeRate;
    public required CommandFlags Flags;
    public required long Lower;
    public required long Upper;
    public required long Reference;
    public required Phase Phase;
    public required Mode Mode;
    /// <summary>It was called, and not uncrossed since.</summary>
    public bool Gathered;
    /// <summary>When the call uncrosses by itself; 0 = when somebody says so.</summary>
    public long CallEnds;
    public PlainSale? Sale;
    public long NegotiatedLower;
    public long NegotiatedUpper;
    /// <summary>As SetTerms said them.</summary>
    public Command Terms;
    public long? Last;
    public long? Close;
    public long Resumes;
    public long Ends;
    /// <summary>Trading days that ended.</summary>
    public BigInteger Closes;
    public List<(long Ticks, long Lots, BigInteger Amount)> Today = [];
    public readonly List<PlainBought> Bought = [];

    public bool Conditional => Flags.HasFlag(CommandFlags.Conditional);

    public bool IsForSales => Mode is Mode.Sealed or Mode.Ascending or Mode.Descending;

    public bool Shares => Terms.Priority == Priority.ProRata;

    public bool PermitNeeded => Flags.HasFlag(CommandFlags.PermitNeeded);

    public bool RiskOff => Flags.HasFlag(CommandFlags.RiskOff);

    public bool Negative => Flags.HasFlag(CommandFlags.Negative);

    public SelfTrade Rule(SelfTrade own)
    {
        var rule = own == SelfTrade.Default ? Terms.SelfTrade : own;
        return rule == SelfTrade.Default ? SelfTrade.CancelNewest : rule;
    }

    public BigInteger Fresh(int account) => Bought.Where(b => b.Account == account && b.SellableAfter > Closes).Aggregate(BigInteger.Zero, (sum, b) => sum + b.Lots);

    /// <summary>A buyer pays above zero, a seller below.</summary>
    public static BigInteger Pays(Side side, long ticks) => (ticks > 0) == (side == Side.Buy) ? ticks : 0;

    /// <summary>Where nothing was checked, because nobody pays, the last number there is.</summary>
    public BigInteger Fen(BigInteger ticksLots) => TooLarge(ticksLots) ? ticksLots.Sign * (BigInteger)long.MaxValue : HalfUp(ticksLots * Num, Den);

    /// <summary>The market reckons in 128 bits and refuses what might not fit, before it divides.</summary>
    public bool TooLarge(BigInteger ticksLots) =>
        BigInteger.Abs(ticksLots) > ((BigInteger.One << 128) - 1) / 4 / Num || BigInteger.Abs(HalfUp(ticksLots * Num, Den)) > long.MaxValue;

    /// <summary>The nearest whole number, of two the greater.</summary>
    public static BigInteger HalfUp(BigInteger over, BigInteger under)
    {
        var whole = BigInteger.DivRem(over, under, out var rest);
        if (rest < 0) (whole, rest) = (whole - 1, rest + under);
        return rest * 2 >= under ? whole + 1 : whole;
    }
}

/// <summary>Lots that their buyer cannot sell before so many trading days have ended.</summary>
internal sealed class PlainBought
{
    public required int Account;
    public required BigInteger SellableAfter;
    public required BigInteger Lots;
}

internal sealed class PlainTrade
{
    public required long No;
    public required PlainInstrument Instrument;
    public required int Buyer;
    public required int Seller;
    public required BigInteger Lots;
    public required BigInteger Amount;
    public required BigInteger BuyFee;
    public required BigInteger SellFee;
    public BigInteger Done;
    public BigInteger Paid;
    public BigInteger BuyFeePaid;
    public BigInteger SellFeePaid;
}

internal sealed class PlainClaim
{
    public required int Account;
    public required int Asset;
    public required long Reference;
    public required BigInteger Left;
}

/// <summary>A client order id, with all that was asked under it, of the instrument that keeps it: null = none.</summary>
internal sealed class PlainId
{
    public required long Sequence;
    public required Command Content;
    public required PlainInstrument? Instrument;
    /// <summary>How many days had ended when its order died; null while it lives.</summary>
    public BigInteger? Died;
}

/// <summary>A sale, or a purchase, as OpenSale said it.</summary>
internal sealed class PlainSale
{
    public required Command Said;
    public required PlainOrder Order;
    public required long Until;
    public long Bids;
    public long Extensions;

    public long Reserve => Said.Ticks;
}

internal sealed class PlainProposal
{
    public required long Number;
    public required int Account;
    public required int Counterparty;
    public required PlainInstrument Instrument;
    public required Side Side;
    public required long Ticks;
    public required long Lots;
    public PlainId? Id;

    public int Buyer => Side == Side.Buy ? Account : Counterparty;

    public int Seller => Side == Side.Buy ? Counterparty : Account;
}

using System.Numerics;

namespace Trading.Matching.Replay;

internal enum Op : byte
{
    Instrument, Account, Deposit, Withdraw, Order, Replace, Cancel, CancelAll, Take, Phase, Permit, Auction, Propose, Accept, Decline, Settle, Unwind, Book, Balances,
}

/// <summary>Every member that a line can have.</summary>
internal enum Field : byte
{
    Op, T, Symbol, Tick, Lot, Mode, Num, Den, Reference, Band, Risk, Stp, Priority, PriceRule, MarketRemainder, Fee, TPlus, SizeMin, SizeMax, Levels, Conditional, Negative,
    Account, Group, Asset, Amount, Id, Side, Type, Price, Stop, Qty, Tif, Until, Display, PostOnly, MinQty, Aon, Listing, NewId, Phase, Buy, Sell, Limit,
    Supply, Reserve, Seller, BidLimit, Increment, MaxStep, ExtendSeconds, MaxExtensions, Undersubscribed, Ties, Seed, Counterparty, N, Depth,
}

internal enum Kind : byte
{
    /// <summary>Any string: a name.</summary>
    Text,
    /// <summary>A string out of a list.</summary>
    Word,
    /// <summary>Money, price, quantity, fraction: a decimal string.</summary>
    Decimal,
    /// <summary>A JSON integer.</summary>
    Count,
    /// <summary>A JSON integer or a decimal string.</summary>
    Either,
    Flag,
    /// <summary>An ISO instant.</summary>
    Instant,
}

/// <summary>The format's tables: which members each op has and needs, of which kind each is, and its list of words.</summary>
internal static class Format
{
    public const int Fields = (int)Field.Depth + 1;

    private static readonly string[] Ops =
    [
        "instrument", "account", "deposit", "withdraw", "order", "replace", "cancel", "cancel_all", "take", "phase", "permit", "auction", "propose", "accept", "decline", "settle", "unwind", "book", "balances",
    ];

    private static readonly string[] Names =
    [
        "op", "t", "symbol", "tick", "lot", "mode", "num", "den", "reference", "band", "risk", "stp", "priority", "price_rule", "market_remainder", "fee", "t_plus", "size_min", "size_max", "levels",
        "conditional", "negative", "account", "group", "asset", "amount", "id", "side", "type", "price", "stop", "qty", "tif", "until", "display", "post_only", "min_qty", "aon", "listing", "new_id",
        "phase", "buy", "sell", "limit", "supply", "reserve", "seller", "bid_limit", "increment", "max_step", "extend_seconds", "max_extensions", "undersubscribed", "ties", "seed", "counterparty", "n", "depth",
    ];

    private static readonly Dictionary<UInt128, int> FieldsByName = Table(Names);
    private static readonly Dictionary<UInt128, int> OpsByName = Table(Ops);
    private static readonly Dictionary<UInt128, int>?[] Words = new Dictionary<UInt128, int>?[Fields];
    private static readonly string?[] WordLists = new string?[Fields];

    private static readonly ulong[] Allowed = new ulong[Ops.Length];
    private static readonly ulong[] Needed = new ulong[Ops.Length];

    static Format()
    {
        List(Field.Mode, "continuous", "call", "highlow", "sealed", "ascending", "listing");
        List(Field.Risk, "full", "off");
        List(Field.Stp, "cancel-newest", "none", "cancel-oldest", "cancel-both", "decrement");
        List(Field.Priority, "time", "pro-rata");
        List(Field.PriceRule, "volume", "last-pair");
        List(Field.MarketRemainder, "cancel", "limit");
        List(Field.Side, "buy", "sell");
        List(Field.Type, "limit", "market", "stop", "stop-limit");
        List(Field.Tif, "day", "gtc", "gtd", "ioc", "fok");
        List(Field.Phase, "continuous", "halt", "close", "call", "uncross");
        List(Field.Undersubscribed, "sell", "cancel");
        List(Field.Ties, "pro-rata", "time", "random");

        Has(Op.Instrument, [Field.Symbol, Field.Tick, Field.Lot], Field.Mode, Field.Num, Field.Den, Field.Reference, Field.Band, Field.Risk, Field.Stp, Field.Priority, Field.PriceRule,
            Field.MarketRemainder, Field.Fee, Field.TPlus, Field.SizeMin, Field.SizeMax, Field.Levels, Field.Conditional, Field.Negative);
        Has(Op.Account, [Field.Account], Field.Group);
        Has(Op.Deposit, [Field.Account, Field.Asset, Field.Amount]);
        Has(Op.Withdraw, [Field.Account, Field.Asset, Field.Amount]);
        Has(Op.Order, [Field.Account, Field.Id, Field.Symbol, Field.Side, Field.Qty], Field.Type, Field.Price, Field.Stop, Field.Tif, Field.Until, Field.Display, Field.PostOnly, Field.MinQty,
            Field.Aon, Field.Stp, Field.Listing);
        Has(Op.Replace, [Field.Account, Field.Id], Field.Price, Field.Qty, Field.Stop, Field.Until, Field.Display, Field.NewId);
        Has(Op.Cancel, [Field.Account, Field.Id]);
        Has(Op.CancelAll, [], Field.Account, Field.Symbol);
        Has(Op.Take, [Field.Account, Field.Id, Field.Symbol, Field.Listing, Field.Qty]);
        Has(Op.Phase, [Field.Symbol, Field.Phase], Field.Reference);
        Has(Op.Permit, [Field.Account, Field.Symbol], Field.Buy, Field.Sell, Field.Limit);
        Has(Op.Auction, [Field.Id, Field.Symbol, Field.Supply], Field.Reserve, Field.Seller, Field.BidLimit, Field.Increment, Field.MaxStep, Field.Until, Field.ExtendSeconds, Field.MaxExtensions,
            Field.Undersubscribed, Field.Ties, Field.Seed);
        Has(Op.Propose, [Field.Account, Field.Id, Field.Counterparty, Field.Symbol, Field.Side, Field.Price, Field.Qty]);
        Has(Op.Accept, [Field.Account, Field.Id], Field.Counterparty, Field.Symbol, Field.Side, Field.Price, Field.Qty);
        Has(Op.Decline, [Field.Account, Field.Id], Field.Counterparty, Field.Symbol, Field.Side, Field.Price, Field.Qty);
        Has(Op.Settle, [Field.N, Field.Qty]);
        Has(Op.Unwind, [Field.N, Field.Qty]);
        Has(Op.Book, [Field.Symbol], Field.Depth);
        Has(Op.Balances, [], Field.Account);
    }

    public static string Name(Field field) => Names[(int)field];

    public static string Name(Op op) => Ops[(int)op];

    public static string WordsOf(Field field) => WordLists[(int)field]!;

    public static bool Find(ReadOnlySpan<byte> name, out Field field)
    {
        var found = FieldsByName.TryGetValue(Packed(name), out var number);
        field = (Field)number;
        return found;
    }

    public static bool Find(ReadOnlySpan<byte> name, out Op op)
    {
        var found = OpsByName.TryGetValue(Packed(name), out var number);
        op = (Op)number;
        return found;
    }

    /// <summary>Place of a word in its list; -1 = not in it.</summary>
    public static int WordOf(Field field, ReadOnlySpan<byte> word) => Words[(int)field]!.TryGetValue(Packed(word), out var place) ? place : -1;

    public static ulong Bit(Field field) => 1UL << (int)field;

    /// <summary>Members of the line that its op does not have.</summary>
    public static ulong Strange(Op op, ulong present) => present & ~Allowed[(int)op];

    /// <summary>Members that the op needs and the line does not have.</summary>
    public static ulong Missing(Op op, ulong present) => Needed[(int)op] & ~present;

    public static Field First(ulong bits) => (Field)BitOperations.TrailingZeroCount(bits);

    public static Kind KindOf(Op op, Field field) => field switch
    {
        Field.Mode or Field.Risk or Field.Stp or Field.Priority or Field.PriceRule or Field.MarketRemainder or Field.Side or Field.Type or Field.Tif or Field.Phase or Field.Undersubscribed or Field.Ties => Kind.Word,
        Field.Tick or Field.Lot or Field.Reference or Field.Band or Field.Fee or Field.SizeMin or Field.SizeMax or Field.Amount or Field.Price or Field.Stop or Field.Qty or Field.Display or Field.MinQty
            or Field.Limit or Field.Supply or Field.Reserve or Field.BidLimit or Field.Increment or Field.MaxStep => Kind.Decimal,
        Field.TPlus or Field.Levels or Field.ExtendSeconds or Field.MaxExtensions or Field.N or Field.Depth => Kind.Count,
        Field.Num or Field.Den or Field.Seed => Kind.Either,
        Field.Conditional or Field.Negative or Field.PostOnly or Field.Aon or Field.Buy or Field.Sell => Kind.Flag,
        Field.Listing => op == Op.Take ? Kind.Text : Kind.Flag,
        Field.T or Field.Until => Kind.Instant,
        _ => Kind.Text,
    };

    private static void List(Field field, params string[] words)
    {
        Words[(int)field] = Table(words);
        WordLists[(int)field] = string.Join(", ", words);
    }

    private static void Has(Op op, Field[] needed, params Field[] more)
    {
        foreach (var field in needed) Needed[(int)op] |= Bit(field);
        Allowed[(int)op] = Needed[(int)op] | Bit(Field.Op) | Bit(Field.T);
        foreach (var field in more) Allowed[(int)op] |= Bit(field);
    }

    private static Dictionary<UInt128, int> Table(string[] names) =>
        names.Select((name, place) => (name, place)).ToDictionary(n => Packed(System.Text.Encoding.ASCII.GetBytes(n.name)), n => n.place);

    /// <summary>No name has more than 16 letters, and none begins with a zero byte: packed they are told apart.</summary>
    private static UInt128 Packed(ReadOnlySpan<byte> name)
    {
        if (name.Length > 16 || (name.Length > 0 && name[0] == 0)) return UInt128.MaxValue;
        UInt128 packed = 0;
        foreach (var letter in name) packed = (packed << 8) | letter;
        return packed;
    }
}

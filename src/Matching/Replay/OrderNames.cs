using Trading.Matching.Core;

namespace Trading.Matching.Replay;

/// <summary>An order that stands, as the file named it.</summary>
internal sealed class OpenOrder
{
    public required long Number { get; init; }
    public required int Account { get; init; }
    public required int Instrument { get; init; }
    public required UInt128 Id { get; set; }
    public required byte[] Json { get; set; }
    public required OrderType Type { get; set; }
    /// <summary>To whom it was proposed; 0 = it is an order.</summary>
    public int Counterparty { get; init; }
    /// <summary>It stands to be taken.</summary>
    public bool Listing { get; init; }
    public required long Lots { get; set; }
    public long Filled { get; set; }
}

/// <summary>
/// The file's order ids beside the market's order numbers. An id that an order gave up for another still names that order, so that the same
/// replacement heard again is known as the same; it does so as long as the market remembers the id: two closes.
/// </summary>
internal sealed class OrderNames
{
    private readonly record struct Name(int Account, UInt128 Id)
    {
        /// <summary>The id is a digest: any of its bits are as good as all.</summary>
        public override int GetHashCode() => unchecked((int)(uint)Id) ^ Account;
    }

    private readonly record struct Renamed(long Number, int Instrument, UInt128 Next);

    private readonly Dictionary<long, OpenOrder> byNumber = [];
    private readonly Dictionary<Name, OpenOrder> byId = [];
    private readonly Dictionary<Name, Renamed> renamed = [];
    private readonly Dictionary<Name, Renamed> taken = [];
    private readonly Dictionary<int, (List<Name> Today, List<Name> Before)> byInstrument = [];

    public OpenOrder this[long number] => byNumber[number];

    /// <summary>Null where no open order of the account has this id now.</summary>
    public OpenOrder? Find(int account, UInt128 id) => byId.GetValueOrDefault(new(account, id));

    /// <summary>The listing of this id that an account takes: the one that a take of the same id took before, else the oldest that stands; 0 = none.</summary>
    public long Listing(int instrument, UInt128 id, int taker, UInt128 take) =>
        taken.TryGetValue(new(taker, take), out var before) && before.Next == id && before.Instrument == instrument ? before.Number
            : byNumber.Values.Where(o => o.Listing && o.Instrument == instrument && o.Id == id).MinBy(o => o.Number)?.Number ?? 0;

    /// <summary>The same take heard again asks for the same listing, whatever became of that.</summary>
    public void Took(int taker, UInt128 take, int instrument, UInt128 id, long listing)
    {
        taken[new(taker, take)] = new(listing, instrument, id);
        Keep(instrument, new(taker, take));
    }

    /// <summary>The oldest proposal of this id to an account; null = none.</summary>
    /// <param name="proposer">0 = whose it may be.</param>
    public OpenOrder? Proposal(int to, UInt128 id, int proposer) => byNumber.Values.Where(o => o.Counterparty == to && o.Id == id && (proposer == 0 || o.Account == proposer)).MinBy(o => o.Number);

    /// <summary>The order that gave up the first id for the second; 0 = none.</summary>
    public (long Number, int Instrument) GaveUp(int account, UInt128 id, UInt128 next) =>
        renamed.TryGetValue(new(account, id), out var order) && order.Next == next ? (order.Number, order.Instrument) : default;

    public void Opened(OpenOrder order)
    {
        byNumber.Add(order.Number, order);
        byId[new(order.Account, order.Id)] = order;
    }

    /// <summary>An order gave up its id for another.</summary>
    public void GiveUp(OpenOrder order, UInt128 next)
    {
        renamed[new(order.Account, order.Id)] = new(order.Number, order.Instrument, next);
        Keep(order.Instrument, new(order.Account, order.Id));
    }

    private void Keep(int instrument, Name name)
    {
        if (!byInstrument.TryGetValue(instrument, out var kept)) byInstrument.Add(instrument, kept = ([], []));
        kept.Today.Add(name);
    }

    public void Rename(OpenOrder order, UInt128 id, byte[] json)
    {
        byId.Remove(new(order.Account, order.Id));
        byId[new(order.Account, id)] = order;
        (order.Id, order.Json) = (id, json);
    }

    public void Filled(OpenOrder order, long lots)
    {
        order.Filled += lots;
        if (order.Filled == order.Lots) Gone(order);
    }

    public void Gone(OpenOrder order)
    {
        byNumber.Remove(order.Number);
        byId.Remove(new(order.Account, order.Id));
    }

    /// <summary>Open orders in the order of their numbers.</summary>
    /// <param name="instrument">0 = of all.</param>
    public List<OpenOrder> Open(int instrument) => [.. byNumber.Values.Where(o => instrument == 0 || o.Instrument == instrument).OrderBy(o => o.Number)];

    public void DayEnded(int instrument)
    {
        if (!byInstrument.TryGetValue(instrument, out var kept)) return;
        foreach (var id in kept.Before)
        {
            renamed.Remove(id);
            taken.Remove(id);
        }

        kept.Before.Clear();
        byInstrument[instrument] = (kept.Before, kept.Today);
    }
}

using System.Collections.Immutable;
using NodaTime;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry.Contracts;
using Trading.Settlement.Busts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;

namespace Trading.Settlement.Ledger;

/// <summary>One output of the market that settlement must follow, with its place in the journal.</summary>
internal readonly record struct Heard(long Sequence, Command Cause, Output Output)
{
    public Instant At => Time.Instant(Output.AtMicros);

    /// <summary>Of what a trade does to money, caps and their postings: which step of it, which trade, which place in the journal.</summary>
    public string EntryOfTrade => Entry(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Output.Kind switch
    {
        OutputKind.Trade => "trade",
        OutputKind.Settled => "settled",
        OutputKind.Unwound => "unwound",
        OutputKind.Busted => "bust",
        var other => throw new InvalidOperationException($"{other} is no step of a trade"),
    }}/{Output.TradeNo}"));

    public string Entry(string what) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what}/{Sequence}");
}

/// <summary>What the market's outputs do to the books (DESIGN §6). Pure: facts in, bookings out.</summary>
internal static class FromTheMarket
{
    public static bool Concerns(in Command cause, in Output output) => output.Kind switch
    {
        OutputKind.Trade or OutputKind.Settled or OutputKind.Unwound or OutputKind.Busted or OutputKind.Deposited or OutputKind.Withdrawn or OutputKind.Seized => true,
        OutputKind.Rejected => cause.Kind is CommandKind.Deposit or CommandKind.Withdraw or CommandKind.Settle or CommandKind.Unwind or CommandKind.BustTrade,
        _ => false,
    };

    public static void Locks(in Heard heard, Keys keys)
    {
        var o = heard.Output;
        switch (o.Kind)
        {
            case OutputKind.Rejected when heard.Cause.Kind is CommandKind.Settle or CommandKind.Unwind:
                break;
            case OutputKind.Rejected when heard.Cause.Kind is CommandKind.BustTrade:
                keys.Busts.Add(o.TradeNo);
                break;
            case OutputKind.Trade or OutputKind.Settled or OutputKind.Unwound or OutputKind.Busted:
                keys.Holdings.Add(new(o.Buyer, o.Instrument));
                keys.Holdings.Add(new(o.Seller, o.Instrument));
                keys.Funds.Add(o.Buyer);
                keys.Funds.Add(o.Seller);
                keys.Funds.Add(Money.Fees);
                keys.Deliveries.Add(o.TradeNo);
                if (o.Kind == OutputKind.Busted) keys.Busts.Add(o.TradeNo);
                break;
            default:
                if (o.Instrument == 0) keys.Funds.Add(o.Account);
                else keys.Holdings.Add(new(o.Account, o.Instrument));
                if (o.Kind == OutputKind.Seized) keys.Freezes.Add(o.Reference);
                else keys.Transfers.Add(o.Reference);
                break;
        }
    }

    /// <returns>Null: heard before, nothing to do.</returns>
    /// <exception cref="InvalidOperationException">The books do not know what the market speaks of.</exception>
    public static Booking? Follow(in Heard heard, Books books, IReadOnlyDictionary<int, Listing> listings, Catalog catalog, RuleBook rules) => heard.Output.Kind switch
    {
        OutputKind.Trade => Trade(in heard, books, ListingOf(listings, heard.Output.Instrument), catalog, rules),
        OutputKind.Settled or OutputKind.Unwound => Concluded(in heard, books, ListingOf(listings, heard.Output.Instrument), catalog),
        OutputKind.Busted => Busted(in heard, books, ListingOf(listings, heard.Output.Instrument), catalog),
        OutputKind.Rejected when heard.Cause.Kind is CommandKind.BustTrade => BustRefused(in heard, books),
        OutputKind.Seized => Seized(in heard, books, listings),
        OutputKind.Rejected when heard.Cause.Kind is CommandKind.Settle or CommandKind.Unwind =>
            throw new InvalidOperationException($"the market refused to {heard.Cause.Kind} {heard.Output.Lots} lots of trade {heard.Output.TradeNo}: {heard.Output.Code}"),
        _ => Transferred(in heard, books, catalog),
    };

    private static Booking? Trade(in Heard heard, Books books, Listing listing, Catalog catalog, RuleBook rules)
    {
        var o = heard.Output;
        var steps = o.Pending == 0 ? [] : Steps(in heard, listing, catalog, rules);
        var state = o.Pending == 0 ? DeliveryState.Executed : steps is [var first, ..] ? Deliveries.Delivery.Awaiting(first.Kind) : DeliveryState.Confirmed;
        var trade = new TradeSettlement(o.TradeNo, heard.Sequence, o.Instrument, o.Buyer, o.Seller, o.BuyOrder, o.SellOrder, o.Ticks, o.Lots, o.Amount, o.BuyFee, o.SellFee,
            state, heard.At, steps.IsEmpty ? null : DeliveryPlan.AnswerBy(rules, steps[0].WorkingDays, heard.At), [new DeliveryStep(state, heard.At, Actor.System, null)], steps, 0, steps.IsEmpty ? [] : steps[0].Asked);
        var begun = DeliveryDecisions.Begin(books.Deliveries[o.TradeNo].Now, trade).Events;
        if (begun.IsEmpty) return null;
        var units = checked(o.Lots * listing.UnitsPerLot);
        var (seller, buyer) = (new HoldingKey(o.Seller, o.Instrument), new HoldingKey(o.Buyer, o.Instrument));
        if (o.Pending != 0)
        {
            return new()
            {
                Rights = [(seller, new HoldingEvent.SetAside(units, o.TradeNo))],
                Money = Money.Between(heard.EntryOfTrade, o.Buyer, Bucket.InMarket, Bucket.Awaiting, o.Amount + o.BuyFee),
                Delivery = (o.TradeNo, begun),
                // Nobody need be asked: it is settled at once.
                ToMarket = steps.IsEmpty ? [new() { Kind = CommandKind.Settle, Trade = o.TradeNo, Lots = o.Lots }] : [],
            };
        }

        return new()
        {
            Rights = [(seller, new HoldingEvent.Sold(units, o.TradeNo)), (buyer, new HoldingEvent.Bought(units, o.TradeNo))],
            Money = Money.Move(heard.EntryOfTrade,
                new(o.Buyer, Bucket.InMarket, -o.Amount - o.BuyFee), new(o.Seller, Bucket.InMarket, o.Amount - o.SellFee), new(Money.Fees, Bucket.Available, o.BuyFee + o.SellFee)),
            Delivery = (o.TradeNo, begun.Add(new DeliveryEvent.SettledPart(o.Lots, o.Amount, o.BuyFee, o.SellFee, heard.At, heard.Sequence))),
            Cap = CapsOfCounties.Moved(catalog, o.Instrument, o.Seller, o.Buyer, units, heard.At, heard.EntryOfTrade),
        };
    }

    /// <summary>What this trade must pass, by the rules of its instant.</summary>
    private static ImmutableArray<PlannedStep> Steps(in Heard heard, Listing listing, Catalog catalog, RuleBook rules)
    {
        var o = heard.Output;
        var procedure = listing.Procedure ?? throw new InvalidOperationException($"instrument {o.Instrument} is conditional and nobody confirms");
        var (buyer, seller) = (catalog.Participant(o.Buyer), catalog.Participant(o.Seller));
        if (buyer is null || seller is null) throw new InvalidOperationException($"account {(buyer is null ? o.Buyer : o.Seller)} is not registered");
        var right = catalog.Instrument(o.Instrument) ?? throw new InvalidOperationException($"instrument {o.Instrument} is not registered");
        var (steps, refused) = DeliveryPlan.Of(rules, right.Class, procedure, seller, buyer, heard.At);
        return steps is null ? throw new InvalidOperationException($"the way of trade {o.TradeNo} is not known: {refused!.Code} {string.Join(' ', refused.Values)}") : [.. steps];
    }

    private static Booking? Concluded(in Heard heard, Books books, Listing listing, Catalog catalog)
    {
        var o = heard.Output;
        var concluded = DeliveryDecisions.Conclude(books.Deliveries[o.TradeNo].Now, o.Kind == OutputKind.Settled
            ? new DeliveryEvent.SettledPart(o.Lots, o.Amount, o.BuyFee, o.SellFee, heard.At, heard.Sequence)
            : new DeliveryEvent.UnwoundPart(o.Lots, o.Amount, o.BuyFee, o.SellFee, heard.At, heard.Sequence), o.Lots, heard.Sequence);
        if (concluded.Refused is { } refused) throw new InvalidOperationException($"{o.Kind} {o.Lots} lots of trade {o.TradeNo}: {refused.Code} {string.Join(' ', refused.Values)}");
        if (concluded.Events.IsEmpty) return null;
        var units = checked(o.Lots * listing.UnitsPerLot);
        var (seller, buyer) = (new HoldingKey(o.Seller, o.Instrument), new HoldingKey(o.Buyer, o.Instrument));
        return o.Kind == OutputKind.Settled
            ? new()
            {
                Rights = [(seller, new HoldingEvent.Delivered(units, o.TradeNo)), (buyer, new HoldingEvent.Received(units, o.TradeNo))],
                Money = Money.Move(heard.EntryOfTrade,
                    new(o.Buyer, Bucket.Awaiting, -o.Amount - o.BuyFee), new(o.Seller, Bucket.InMarket, o.Amount - o.SellFee), new(Money.Fees, Bucket.Available, o.BuyFee + o.SellFee)),
                Delivery = (o.TradeNo, concluded.Events),
                Cap = CapsOfCounties.Moved(catalog, o.Instrument, o.Seller, o.Buyer, units, heard.At, heard.EntryOfTrade),
            }
            : new()
            {
                Rights = [(seller, new HoldingEvent.Returned(units, o.TradeNo))],
                Money = Money.Between(heard.EntryOfTrade, o.Buyer, Bucket.Awaiting, Bucket.InMarket, o.Amount + o.BuyFee),
                Delivery = (o.TradeNo, concluded.Events),
            };
    }

    /// <summary>A final trade goes back whole: each posting of the trade with the other sign, the right the other way, the request to its end.</summary>
    private static Booking? Busted(in Heard heard, Books books, Listing listing, Catalog catalog)
    {
        var o = heard.Output;
        var bust = books.Busts.GetValueOrDefault(o.TradeNo)?.Now is { State: BustState.Approved } approved ? approved : null;
        var decided = DeliveryDecisions.Bust(books.Deliveries[o.TradeNo].Now, bust, heard.At, heard.Sequence);
        if (decided.Refused is { } refused) throw new InvalidOperationException($"trade {o.TradeNo} cannot be taken back: {refused.Code} {string.Join(' ', refused.Values)}");
        if (decided.Events.IsEmpty) return null;
        var units = checked(o.Lots * listing.UnitsPerLot);
        return new()
        {
            Rights = [(new(o.Buyer, o.Instrument), new HoldingEvent.GivenBack(units, o.TradeNo)), (new(o.Seller, o.Instrument), new HoldingEvent.TakenBack(units, o.TradeNo))],
            Money = Money.Move(heard.EntryOfTrade,
                new(o.Seller, Bucket.InMarket, o.SellFee - o.Amount), new(o.Buyer, Bucket.InMarket, o.Amount + o.BuyFee), new(Money.Fees, Bucket.Available, -o.BuyFee - o.SellFee)),
            Delivery = (o.TradeNo, decided.Events),
            Bust = bust is null ? null : bust with { State = BustState.Busted },
            Cap = CapsOfCounties.Moved(catalog, o.Instrument, o.Buyer, o.Seller, units, heard.At, heard.EntryOfTrade),
        };
    }

    private static Booking? BustRefused(in Heard heard, Books books) =>
        BustDecisions.Refuse(books.Busts.GetValueOrDefault(heard.Output.TradeNo)?.Now, heard.Output, heard.Sequence) is { } ended ? new() { Bust = ended } : null;

    private static Booking? Transferred(in Heard heard, Books books, Catalog catalog)
    {
        var o = heard.Output;
        if (!books.Transfers.TryGetValue(o.Reference, out var known)) throw new InvalidOperationException($"transfer {o.Reference} is not known");
        var transfer = known.Now;
        if (transfer.Status != TransferStatus.Pending) return null;
        var done = transfer with { Status = TransferStatus.Done, FinishedAt = heard.At };
        var refused = transfer with
        {
            Status = TransferStatus.Refused,
            FinishedAt = heard.At,
            Refused = o.Kind == OutputKind.Rejected ? Registry.Contracts.Refused.Because(MarketCodes.Of(o.Code), null, ("needed", o.Needed), ("had", o.Had)) : null,
        };
        var key = new HoldingKey(transfer.Account, transfer.Instrument);
        var entry = heard.Entry($"transfer/{transfer.Id}");
        return (o.Kind, transfer.Kind) switch
        {
            (OutputKind.Deposited, _) => new() { Transfer = done },
            (OutputKind.Withdrawn, TransferKind.ReleaseMoney) => new() { Transfer = done, Money = Money.Between(entry, transfer.Account, Bucket.InMarket, Bucket.Available, transfer.Amount) },
            (OutputKind.Withdrawn, _) => new() { Transfer = done, Rights = [(key, new HoldingEvent.Released(transfer.Amount, transfer.Id))], Cap = CapsOfCounties.Offered(catalog, transfer, -transfer.Amount, heard.At, entry) },
            // What the market did not take goes back to where it came from.
            (OutputKind.Rejected, TransferKind.EarmarkMoney) => new() { Transfer = refused, Money = Money.Between(entry, transfer.Account, Bucket.InMarket, Bucket.Available, transfer.Amount) },
            (OutputKind.Rejected, TransferKind.EarmarkRight) => new()
            {
                Transfer = refused, Rights = [(key, new HoldingEvent.Released(transfer.Amount, transfer.Id))], Cap = CapsOfCounties.Offered(catalog, transfer, -transfer.Amount, heard.At, entry),
            },
            _ => new() { Transfer = refused },
        };
    }

    private static Booking Seized(in Heard heard, Books books, IReadOnlyDictionary<int, Listing> listings)
    {
        var o = heard.Output;
        if (!books.Freezes.TryGetValue(o.Reference, out var known)) throw new InvalidOperationException($"freeze {o.Reference} is not known");
        var freeze = known.Now;
        var key = new HoldingKey(o.Account, o.Instrument);
        var units = checked(o.Amount * (o.Instrument == 0 ? 1 : ListingOf(listings, o.Instrument).UnitsPerLot));
        // The market counts whole lots and hears late that a freeze was lifted or had its due elsewhere: what is too much is available at once.
        var kept = freeze.State is FreezeState.Lifted or FreezeState.Lapsed ? 0 : Math.Min(units, freeze.Amount - freeze.Taken);
        var after = kept == 0 ? null : freeze with { Taken = freeze.Taken + kept };
        if (o.Instrument == 0)
        {
            return new()
            {
                Money = Money.Move(heard.Entry($"freeze/{freeze.Id}"),
                    new(o.Account, Bucket.InMarket, -units), new(o.Account, Bucket.Frozen, kept), new(o.Account, Bucket.Available, units - kept)),
                Freeze = after,
            };
        }

        var taken = (key, (HoldingEvent)new HoldingEvent.FrozenInMarket(units, freeze.Id));
        return new() { Rights = kept == units ? [taken] : [taken, (key, new HoldingEvent.Unfrozen(units - kept, freeze.Id))], Freeze = after };
    }

    private static Listing ListingOf(IReadOnlyDictionary<int, Listing> listings, int instrument) =>
        listings.GetValueOrDefault(instrument) ?? throw new InvalidOperationException($"instrument {instrument} is not listed");
}

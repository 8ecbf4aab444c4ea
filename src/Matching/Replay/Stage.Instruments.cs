using Trading.Matching.Contracts;
using Trading.Matching.Core;

namespace Trading.Matching.Replay;

/// <summary>Listing, and the trading day.</summary>
internal sealed partial class Stage
{
    private static readonly SelfTrade[] SelfTrades = [SelfTrade.CancelNewest, SelfTrade.None, SelfTrade.CancelOldest, SelfTrade.CancelBoth, SelfTrade.Decrement];

    private static readonly Phase[] Phases = [Phase.Continuous, Phase.Halt, Phase.Close, Phase.Call, Phase.Uncross];

    private void List()
    {
        var symbol = line.Text(Field.Symbol);
        var known = symbols.Find(symbol);
        if (Unit() is not { } unit || Millionths() is not { } fee || Band(out var band) is false || symbol.SequenceEqual("CNY"u8))
        {
            No("INSTRUMENT_TERMS_INVALID");
            return;
        }

        if (!Steps(Field.Reference, unit.Ticks, out var reference) || !Steps(Field.SizeMin, unit.Lots, out var least) || !Steps(Field.SizeMax, unit.Lots, out var most)) return;
        var (negative, riskOff) = (line.Flag(Field.Negative), line.Word(Field.Risk) == 1);
        if (line.Has(Field.Reference) && reference < 1 && !negative)
        {
            No("PRICE_NOT_POSITIVE");
            return;
        }

        // To the market a size of 0 is none at all.
        if ((line.Has(Field.SizeMin) && least < 1) || (line.Has(Field.SizeMax) && most < 1))
        {
            No("QTY_NOT_POSITIVE");
            return;
        }

        if (line.Has(Field.TPlus) && line.Count(Field.TPlus) is < 0 or > byte.MaxValue || line.Has(Field.Levels) && line.Count(Field.Levels) is < 1 or > byte.MaxValue)
        {
            No("OUT_OF_RANGE");
            return;
        }

        var listed = new Listed(known > 0 ? known : symbols.Count + 1, unit, (Mode)line.Word(Field.Mode), negative, riskOff, fee > 0, band);
        var (lower, upper) = Limits(listed, line.Has(Field.Reference) ? reference : null);
        var (num, den) = unit.FenFraction();
        var listing = new Command
        {
            Mode = listed.Mode,
            Kind = CommandKind.ListInstrument, Instrument = listed.Number, Num = num, Den = den, LowerTicks = lower, UpperTicks = upper, FeeMillionths = fee, ReferenceTicks = reference,
            Flags = (line.Flag(Field.Conditional) ? CommandFlags.Conditional : 0) | (riskOff ? CommandFlags.RiskOff : 0) | (negative ? CommandFlags.Negative : 0),
        };
        var terms = new Command
        {
            Kind = CommandKind.SetTerms, Instrument = listed.Number, LotsLeast = least, LotsMost = most, SelfTrade = SelfTrades[line.Word(Field.Stp)],
            Priority = line.Has(Field.Priority) ? (Priority)line.Word(Field.Priority) : listed.Mode is Mode.Sealed or Mode.HighLow ? Priority.ProRata : Priority.Time,
            PriceRule = (PriceRule)line.Word(Field.PriceRule), MarketRemainder = (MarketRemainder)line.Word(Field.MarketRemainder),
            TPlus = line.Has(Field.TPlus) ? (byte)line.Count(Field.TPlus) : (byte)0, Levels = line.Has(Field.Levels) ? (byte)line.Count(Field.Levels) : (byte)0,
        };
        if (known == 0 && Refused(listing, terms) is { } refused)
        {
            No(MarketCodes.Of(refused));
            return;
        }

        Do(listing);
        if (known > 0) return;
        symbols.Of(symbol);
        listings.Add(listed);
        Do(terms);
    }

    /// <summary>A line is carried out whole or not at all; this one is two commands, so a market with nothing in it is asked first.</summary>
    private Refusal? Refused(params ReadOnlySpan<Command> commands)
    {
        var empty = new Market(Options);
        outputs.Clear();
        foreach (var command in commands)
        {
            var stamped = command;
            stamped.Version = Command.CurrentVersion;
            empty.Apply(in stamped, outputs);
        }

        foreach (ref readonly var output in outputs.Written)
        {
            if (output.Kind == OutputKind.Rejected) return output.Code;
        }

        return null;
    }

    private TradingUnit? Unit()
    {
        if (line.Number(Field.Tick) is not { Fits: true } tick || line.Number(Field.Lot) is not { Fits: true } lot || Factor(Field.Num) is not { } num || Factor(Field.Den) is not { } den) return null;
        var unit = new TradingUnit(tick.Value, lot.Value, num, den);
        return unit.Countable ? unit : null;
    }

    private long? Factor(Field field)
    {
        if (!line.Has(field)) return 1;
        return line.Number(field) is { Fits: true, Value: >= 1 and <= long.MaxValue and var value } && decimal.IsInteger(value) ? (long)value : null;
    }

    /// <summary>Null where the fee is finer than a millionth, or none at all.</summary>
    private int? Millionths()
    {
        if (!line.Has(Field.Fee)) return 0;
        return line.Number(Field.Fee) is { Fits: true, Value: >= 0 and <= 1 and var fee } && decimal.IsInteger(fee * 1_000_000) ? (int)(fee * 1_000_000) : null;
    }

    private bool Band(out decimal? band)
    {
        band = null;
        if (!line.Has(Field.Band)) return true;
        if (line.Number(Field.Band) is not { Fits: true, Value: >= 0 and var fraction }) return false;
        band = fraction;
        return true;
    }

    /// <summary>Without a band, and as long as there is nothing to reckon it from, every price is within.</summary>
    private static (long Lower, long Upper) Limits(Listed listed, long? reference)
    {
        var least = listed.Negative ? long.MinValue : 1;
        if (listed.Band is not { } band || reference is not { } ticks) return (least, long.MaxValue);
        var (lower, upper) = PriceBand.Of(ticks, band, BandRounding.HalfUp);
        return (Math.Max(lower, least), upper);
    }

    private void Turn()
    {
        if (Known() is not { } listed) return;
        var phase = Phases[line.Word(Field.Phase)];
        if (!Steps(Field.Reference, listed.Unit.Ticks, out var reference)) return;
        // A line is carried out whole or not at all: where the phase is refused, the reference stays.
        if (line.Has(Field.Reference) && market.Turns(listed.Number, phase))
        {
            if (reference < 1 && !listed.Negative)
            {
                No("PRICE_NOT_POSITIVE");
                return;
            }

            var (lower, upper) = Limits(listed, reference);
            Apply(new() { Kind = CommandKind.SetLimits, Instrument = listed.Number, LowerTicks = lower, UpperTicks = upper, ReferenceTicks = reference });
            if (outputs.Written[0] is { Kind: OutputKind.Rejected } refused)
            {
                Tell(in refused);
                return;
            }
        }

        Do(new() { Kind = CommandKind.SetPhase, Instrument = listed.Number, Phase = phase });
    }
}

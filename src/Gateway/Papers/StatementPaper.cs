using Trading.Gateway.Export;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Papers;

/// <summary>What a line of a statement is. The sum is of what stands between opening and closing.</summary>
internal enum StatementPart { Opening, Line, Sum, Closing }

/// <summary>One line as sheet and paper both have it: money in yuan, rights in their legal unit.</summary>
/// <param name="Right">Of which right; null: of money.</param>
/// <param name="What">Key of the text that says it; null where the part says it.</param>
/// <param name="Buckets">Available, in the market, pledged, held, frozen, awaiting, being paid out; null: money has no such, or rights have none.</param>
internal sealed record StatementRow(StatementPart Part, Instrument? Right, NodaTime.Instant? At, string? What, string? Why, string? Reference, Instrument? Traded, FeeParts? Fee, IReadOnlyList<decimal?> Buckets, decimal Total)
{
    public string Said(Wording w) => Part switch
    {
        StatementPart.Opening => w["statement.opening"],
        StatementPart.Sum => w["statement.sum"],
        StatementPart.Closing => w["statement.closing"],
        _ => Why is null ? w[What!] : w["with.unit", w[What!], w[Why]],
    };
}

/// <summary>A day's statement as lines, as a sheet and as a paper: pure.</summary>
internal static class StatementPaper
{
    public static IEnumerable<StatementRow> Rows(DailyStatement s, Catalog catalog)
    {
        yield return Money(StatementPart.Opening, Of(s.Opening));
        foreach (var line in s.Lines)
        {
            yield return Money(StatementPart.Line, line.Change) with
            {
                At = line.At, What = "money." + Json.Word(line.Kind), Reference = line.Reference, Traded = line.Instrument is { } traded ? catalog.Instrument(traded) : null, Fee = line.Fee is { Total: not 0 } ? line.Fee : null,
            };
        }

        yield return Money(StatementPart.Sum, s.Lines.Aggregate(default(FundChange), (sum, l) => sum + l.Change))
            with { Fee = s.Lines.Aggregate(default(FeeParts), (sum, l) => sum + (l.Fee ?? default)) is { Total: not 0 } fees ? fees : null };
        yield return Money(StatementPart.Closing, Of(s.Closing));
        foreach (var day in s.Rights)
        {
            var i = catalog.Instrument(day.Opening.Key.Instrument)!;
            yield return Right(StatementPart.Opening, i, Of(day.Opening));
            foreach (var line in day.Lines)
                yield return Right(StatementPart.Line, i, line.Change) with { At = line.At, What = "moved." + What(line.Happened), Why = Why(line.Happened), Reference = Reference(line.Happened) };
            yield return Right(StatementPart.Sum, i, day.Lines.Aggregate(default(RightChange), (sum, l) => new(
                sum.Available + l.Change.Available, sum.Earmarked + l.Change.Earmarked, sum.Pledged + l.Change.Pledged, sum.Frozen + l.Change.Frozen, sum.Awaiting + l.Change.Awaiting, sum.Held + l.Change.Held)));
            yield return Right(StatementPart.Closing, i, Of(day.Closing));
        }
    }

    public static IReadOnlyList<Column<StatementRow>> Sheet(Wording w)
    {
        Column<StatementRow> Said(string key, Func<StatementRow, object?> cell) => new(w[key], w[key], cell);
        return
        [
            Said("statement.of", r => r.Right is { } right ? w.Pick(right.NameZh, right.NameEn) : w["statement.moneyWord"]), Said("paper.symbol", r => (r.Right ?? r.Traded)?.Symbol), Said("paper.unit", r => r.Right is { } right ? w.Unit(right.Unit) : w["yuan"]),
            Said("col.time", r => r.At is { } at ? Wording.Time(at) : null), Said("statement.what", r => r.Said(w)), Said("paper.number", r => r.Reference), Said("statement.fee", r => r.Fee?.Total / 100m), Said("fee.trading", r => r.Fee?.Trading / 100m), Said("fee.settlement", r => r.Fee?.Settlement / 100m),
            Said("bucket.available", r => r.Buckets[0]), Said("bucket.inMarket", r => r.Buckets[1]), Said("bucket.pledged", r => r.Buckets[2]), Said("bucket.held", r => r.Buckets[3]), Said("bucket.frozen", r => r.Buckets[4]), Said("bucket.awaiting", r => r.Buckets[5]), Said("bucket.payingOut", r => r.Buckets[6]),
            Said("bucket.total", r => r.Total),
        ];
    }

    public static Paper Of(DailyStatement s, Participant holder, Catalog catalog, Wording w)
    {
        var blocks = new List<Block>
        {
            new Block.Fields(null, [(w["paper.organisation"], w.Pick(holder.NameZh, holder.NameEn)), (w["paper.creditCode"], holder.CreditCode), (w["statement.day"], Wording.Day(s.Day))]),
            new Block.Note(w[s.Over ? "statement.final" : "statement.open", Wording.Time(s.AsOf)]),
        };
        foreach (var part in Rows(s, catalog).GroupBy(r => r.Right?.Number ?? 0)) blocks.Add(Table([.. part], w));
        blocks.Add(new Block.Note(w["statement.objection"]));
        return new(w["paper.statement.title"], w["brand"], Wide: true, blocks, w.Pick(holder.NameZh, holder.NameEn) + "  ·  " + Wording.Day(s.Day) + "  ·  " + w["paper.time"], w["paper.page"]);
    }

    private static Block.Table Table(IReadOnlyList<StatementRow> rows, Wording w)
    {
        var right = rows[0].Right;
        int[] buckets = right is null ? [0, 1, 5, 4, 6] : [0, 1, 2, 3, 4, 5];
        string[] names = ["available", "inMarket", "pledged", "held", "frozen", "awaiting", "payingOut"];
        List<Head> heads = [new(w["col.time"], 13), new(w["statement.what"], 17), new(w["paper.number"], 11)];
        // Both fees and not their sum: a figure that breaks over two lines is no figure.
        if (right is null) heads.AddRange([new(w["col.instrument"], 15), new(w["fee.trading"], 10, Number: true), new(w["fee.settlement"], 10, Number: true)]);
        heads.AddRange([.. buckets.Select(b => new Head(w["bucket." + names[b]], 15, Number: true)), new(w["bucket.total"], 16, Number: true)]);
        string Figure(decimal? value) => value is not { } some ? "" : right is null ? some.ToString("N2", System.Globalization.CultureInfo.InvariantCulture) : some.ToString("N" + right.UnitDecimals.ToString(System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
        return new(right is null ? w["statement.money"] : w["with.unit", w.Pick(right.NameZh, right.NameEn), w.Unit(right.Unit)], heads,
        [
            .. rows.Select(r => new Line(
            [
                r.At is { } at ? Wording.Time(at) : "", r.Said(w), r.Reference ?? "", .. right is null ? (string[])[r.Traded is { } traded ? w.Pick(traded.NameZh, traded.NameEn) : "", Figure(r.Fee?.Trading / 100m), Figure(r.Fee?.Settlement / 100m)] : [], .. buckets.Select(b => Figure(r.Buckets[b])), Figure(r.Total),
            ], Strong: r.Part != StatementPart.Line)),
        ]);
    }

    /// <summary>An event's word: its name as the source has it, for the texts are kept by it.</summary>
    public static string What(HoldingEvent happened) => happened.GetType().Name is var name ? char.ToLowerInvariant(name[0]) + name[1..] : "";

    private static string? Why(HoldingEvent happened) => happened switch
    {
        HoldingEvent.Held e => "hold." + Json.Word(e.Reason),
        HoldingEvent.HoldLifted e => "hold." + Json.Word(e.Reason),
        _ => null,
    };

    /// <summary>The number that people know; what is only a reason is said by the word alone.</summary>
    public static string? Reference(HoldingEvent happened) => happened switch
    {
        HoldingEvent.Earmarked { Transfer: var transfer } => Text(transfer),
        HoldingEvent.Released { Transfer: var transfer } => Text(transfer),
        HoldingEvent.Sold { Trade: var trade } => Text(trade),
        HoldingEvent.Bought { Trade: var trade } => Text(trade),
        HoldingEvent.SetAside { Trade: var trade } => Text(trade),
        HoldingEvent.Returned { Trade: var trade } => Text(trade),
        HoldingEvent.Delivered { Trade: var trade } => Text(trade),
        HoldingEvent.Received { Trade: var trade } => Text(trade),
        HoldingEvent.GivenBack { Trade: var trade } => Text(trade),
        HoldingEvent.TakenBack { Trade: var trade } => Text(trade),
        HoldingEvent.Frozen { Freeze: var freeze } => Text(freeze),
        HoldingEvent.FrozenInMarket { Freeze: var freeze } => Text(freeze),
        HoldingEvent.Unfrozen { Freeze: var freeze } => Text(freeze),
        _ => null,
    };

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static FundChange Of(FundAccount f) => new(f.Available, f.InMarket, f.Awaiting, f.Frozen, f.PayingOut);

    private static RightChange Of(Holding h) => RightChange.Between(Holding.Empty(h.Key), h);

    private static StatementRow Money(StatementPart part, FundChange c) =>
        new(part, null, null, null, null, null, null, null, [c.Available / 100m, c.InMarket / 100m, null, null, c.Frozen / 100m, c.Awaiting / 100m, c.PayingOut / 100m], c.Total / 100m);

    private static StatementRow Right(StatementPart part, Instrument i, RightChange c) => new(part, i, null, null, null, null, null, null,
        [i.Quantity(c.Available), i.Quantity(c.Earmarked), i.Quantity(c.Pledged), i.Quantity(c.Held), i.Quantity(c.Frozen), i.Quantity(c.Awaiting), null], i.Quantity(c.Total));
}

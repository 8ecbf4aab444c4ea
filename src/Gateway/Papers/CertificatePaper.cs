using NodaTime;
using NodaTime.Text;
using Trading.Gateway.Certificates;

namespace Trading.Gateway.Papers;

/// <summary>A certificate's facts as a paper: pure, in one language.</summary>
internal static class CertificatePaper
{
    private const int DigestGroup = 8;

    /// <param name="revokedAt">When the trade was cancelled; null: it was not.</param>
    /// <param name="address">Of the page that verifies it.</param>
    public static Paper Of(Certificate certificate, Instant? revokedAt, Wording w, string address)
    {
        var facts = certificate.Facts;
        var blocks = new List<Block>();
        if (revokedAt is { } at) blocks.Add(new Block.Note(w["paper.trade.busted", Wording.Time(at)], Warns: true));
        blocks.Add(new Block.Note(w[facts.Trade is null ? "paper.holding.says" : "paper.trade.says"]));
        blocks.Add(new Block.Fields(w["paper.parties"], [(w["paper.organisation"], w.Pick(facts.Holder.NameZh, facts.Holder.NameEn)), (w["paper.creditCode"], facts.Holder.CreditCode)]));
        if (facts.Trade is { } trade) blocks.AddRange(Of(trade, facts, w));
        if (facts.Holding is { } holding) blocks.AddRange(Of(holding, facts, w));
        blocks.Add(new Block.Square(w["paper.verify"], address,
        [
            (w["paper.number"], certificate.Number), (w["paper.issuedAt"], Wording.Time(certificate.IssuedAt)), (w["paper.digest"], string.Join(' ', Convert.ToHexStringLower(certificate.Digest).Chunk(DigestGroup).Select(c => new string(c)))),
        ]));
        return new(w[facts.Trade is null ? "paper.holding.title" : "paper.trade.title"], w["brand"], Wide: false, blocks, w["paper.number"] + " " + certificate.Number + "  ·  " + w["paper.time"], w["paper.page"]);
    }

    private static IEnumerable<Block> Of(TradeFacts trade, Facts facts, Wording w)
    {
        var unit = w.Unit(facts.Right.Unit);
        yield return new Block.Fields(w["paper.terms"],
        [
            (w["col.trade"], trade.TradeId), .. Right(facts.Right, w), (w["col.side"], w["side." + trade.Side]), (w["with.unit", w["col.price"], w["unit.price", unit]], Wording.Grouped(trade.Price)),
            (w["with.unit", w["col.quantity"], unit], Wording.Grouped(trade.Quantity)), (w["col.amount"], Wording.Grouped(trade.Amount)), (w["with.unit", w["ticket.fee"], w["yuan"]], Wording.Grouped(trade.Fee)),
            .. trade is { TradingFee: { } trading, SettlementFee: { } settlement } ? (ReadOnlySpan<(string, string)>)[(w["with.unit", w["fee.trading"], w["yuan"]], Wording.Grouped(trading)), (w["with.unit", w["fee.settlement"], w["yuan"]], Wording.Grouped(settlement))] : [],
            (w["paper.executedAt"], Time(trade.ExecutedAt)), (w["paper.settledAt"], Time(facts.AsOf)),
        ]);
        if (trade.TradedQuantity is { } traded) yield return new Block.Note(w["paper.trade.part", Wording.Grouped(traded) + " " + unit, Wording.Grouped(trade.Quantity) + " " + unit]);
    }

    private static IEnumerable<Block> Of(HoldingFacts h, Facts facts, Wording w)
    {
        yield return new Block.Fields(w["paper.right"], [.. Right(facts.Right, w), (w["paper.asOf"], Time(facts.AsOf))]);
        yield return new Block.Fields(w["with.unit", w["paper.quantities"], w.Unit(facts.Right.Unit)],
        [
            (w["bucket.total"], Wording.Grouped(h.Total)), (w["bucket.available"], Wording.Grouped(h.Available)), (w["bucket.inMarket"], Wording.Grouped(h.InMarket)), (w["bucket.pledged"], Wording.Grouped(h.Pledged)),
            (w["bucket.held"], Wording.Grouped(h.Held)), (w["bucket.frozen"], Wording.Grouped(h.Frozen)), (w["bucket.awaiting"], Wording.Grouped(h.AwaitingConfirmation)),
        ]);
        yield return new Block.Note(w["paper.holding.note"]);
    }

    private static IEnumerable<(string Name, string Value)> Right(RightFacts r, Wording w) =>
    [
        (w["col.instrument"], w.Pick(r.NameZh, r.NameEn)), (w["paper.symbol"], r.Symbol), (w["paper.class"], w["class." + r.RightClass]), .. r.Vintage is { } vintage ? (ReadOnlySpan<(string, string)>)[(w["paper.vintage"], vintage)] : [],
        (w["col.expires"], r.Expiry ?? w["account.noexpiry"]),
    ];

    private static string Time(string instant) => Wording.Time(InstantPattern.ExtendedIso.Parse(instant).Value);
}

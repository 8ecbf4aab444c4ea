using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;
using Trading.Gateway.Market;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Certificates;

/// <summary>Persisted by number, append-only.</summary>
internal enum CertificateKind : short { Trade = 1, Holding = 2 }

internal sealed record HolderFacts(string CreditCode, string NameZh, string NameEn);

internal sealed record RightFacts(string Symbol, string NameZh, string NameEn, string RightClass, string Unit, string? Vintage, string? Expiry);

/// <summary>One side of a trade; the other stays unnamed (R-DIS-03).</summary>
/// <param name="TradedQuantity">What was traded, where only a part of it was settled; null: all was.</param>
/// <param name="TradingFee">Null, with the settlement fee, in what was certified before fees were divided.</param>
internal sealed record TradeFacts(
    string TradeId, string Side, string Price, string Quantity, string Amount, string Fee, string ExecutedAt, string? TradedQuantity, string? TradingFee = null, string? SettlementFee = null);

internal sealed record HoldingFacts(string Total, string Available, string InMarket, string Pledged, string Held, string Frozen, string AwaitingConfirmation);

/// <summary>
/// All that a certificate certifies, in the words of the API: no more than its paper shows, and enough to print it again when names have changed. Its text is
/// kept and hashed as it is, so the order of what stands here is part of what is stored.
/// </summary>
/// <param name="AsOf">When the trade was settled; at which instant the holding stood so.</param>
internal sealed record Facts(CertificateKind Kind, HolderFacts Holder, RightFacts Right, string AsOf, TradeFacts? Trade, HoldingFacts? Holding)
{
    public static Facts Of(DeliveredTrade delivered, Participant holder, Tradable tradable)
    {
        var (t, fee) = (delivered.Trade, FeeWords.Of(delivered.Fee));
        return new(CertificateKind.Trade, Of(holder), Of(tradable.Instrument), MarketEndpoints.At(delivered.At),
            new(t.TradeNo.ToString(System.Globalization.CultureInfo.InvariantCulture), t.Buyer == holder.Account ? "buy" : "sell", tradable.Price(t.Ticks), tradable.Quantity(delivered.Lots), Json.Yuan(delivered.Amount),
                fee.Fee, MarketEndpoints.At(t.ExecutedAt), delivered.Lots == t.Lots ? null : tradable.Quantity(t.Lots), fee.Trading, fee.Settlement), null);
    }

    public static Facts Of(Holding held, Instant at, Participant holder, Instrument instrument) =>
        new(CertificateKind.Holding, Of(holder), Of(instrument), MarketEndpoints.At(at), null, Buckets(held, instrument));

    public static HoldingFacts Buckets(Holding h, Instrument i) => new(
        Json.Text(i.Quantity(h.Total)), Json.Text(i.Quantity(h.Available)), Json.Text(i.Quantity(h.Earmarked)), Json.Text(i.Quantity(h.Pledged)), Json.Text(i.Quantity(h.Held)), Json.Text(i.Quantity(h.Frozen)), Json.Text(i.Quantity(h.Awaiting)));

    public string Text() => JsonSerializer.Serialize(this, Json.Plain);

    public static Facts Read(string text) => JsonSerializer.Deserialize<Facts>(text, Json.Plain)!;

    public static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static HolderFacts Of(Participant p) => new(p.CreditCode, p.NameZh, p.NameEn);

    private static RightFacts Of(Instrument i) => new(i.Symbol, i.NameZh, i.NameEn, Json.Word(i.Class), i.Unit, i.Vintage, i.ValidThrough is { } last ? NodaTime.Text.LocalDatePattern.Iso.Format(last) : null);
}

/// <param name="Account">Whose facts these are.</param>
/// <param name="Subject">What of the account it certifies, in one word: asked twice for it, the same certificate is given.</param>
/// <param name="Text">The facts as they were printed.</param>
internal sealed record Certificate(string Number, int Account, string Subject, string Text, byte[] Digest, Instant IssuedAt, Actor IssuedBy)
{
    public Facts Facts => Facts.Read(Text);
}

/// <summary>Whether what a certificate says is still so.</summary>
internal enum Validity
{
    /// <summary>The trade stands; the holding is what it was.</summary>
    Current,
    /// <summary>The holding moved since.</summary>
    Changed,
    /// <summary>The trade was cancelled.</summary>
    Revoked,
}

/// <summary>Says nothing of what it numbers, and cannot be guessed: eighty bits of chance in the alphabet of Crockford, which has no letter that looks like a figure.</summary>
internal static class CertificateNumber
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Letters = 16, InGroup = 4;

    public static string Of(ReadOnlySpan<byte> chance)
    {
        var text = new StringBuilder();
        for (var n = 0; n < Letters; n++)
        {
            if (n > 0 && n % InGroup == 0) text.Append('-');
            text.Append(Alphabet[chance[n] % Alphabet.Length]);
        }

        return text.ToString();
    }

    /// <summary>As we write it and no other way: one certificate has one address.</summary>
    public static bool Is(string text) =>
        text.Length == Letters + (Letters / InGroup) - 1 && text.Index().All(c => (c.Index + 1) % (InGroup + 1) == 0 ? c.Item == '-' : Alphabet.Contains(c.Item, StringComparison.Ordinal));
}

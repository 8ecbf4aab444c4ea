using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using NodaTime;
using Trading.Gateway.Certificates;
using Trading.Gateway.Papers;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;

namespace Trading.Gateway.Tests.Papers;

/// <summary>Facts to print, and what is read back from a print.</summary>
internal static class Said
{
    public const string Address = "http://127.0.0.1:8080/verify/7K3M-9QXD-2FHP-XW4T";
    public static readonly Instant Noon = Instant.FromUtc(2026, 3, 2, 4, 0);
    public static readonly Participant Textile = new(2, "textile", "91320583MA1YH4LE5P", "昆山锦溪纺织印染有限公司", "Kunshan Jinxi Textile", ParticipantKind.Enterprise, "320583", "Taihu");
    public static readonly Instrument Cod = new(1, "COD-TAIHU-2026", "太湖流域化学需氧量排污权 2026", "COD discharge right Taihu basin 2026", RightClass.Pollutant, "COD", "Taihu", null, "t/a", 3, VenueMode.Operate, "2026", new(2030, 12, 31));
    public static readonly Instrument Carbon = new(2, "CEA-2025", "全国碳排放配额 2025", "National carbon allowance 2025", RightClass.Carbon, null, null, null, "tCO2e", 0, VenueMode.Simulate, "2025", null);
    public static readonly Catalog Catalog = new([Textile], [Cod, Carbon]);

    public static Certificate OfTrade(string? part = null) => Issued(new(CertificateKind.Trade, Holder, Right(Cod), "2026-03-02T03:58:12.345Z", new("1217", "buy", "4500", "1234.567", "5555551.50", "2777.78", "2026-03-01T02:03:04Z", part), null));

    public static Certificate OfHolding() => Issued(new(CertificateKind.Holding, Holder, Right(Carbon), "2026-03-02T04:00:00Z", null, new("1234567", "1000000", "234000", "500", "60", "7", "0")));

    /// <summary>Every kind of movement once, and then as many more as are asked for.</summary>
    public static DailyStatement Day(int more = 0)
    {
        var lines = Enum.GetValues<MoneyKind>().Select((kind, n) => new MoneyLine(Noon + Duration.FromSeconds(n), kind, $"{1000 + n}", kind is MoneyKind.Bought ? 1 : null, kind is MoneyKind.Bought ? new(100, 25) : null, new(100_000_000 + n, -5, 0, 0, 3)))
            .Concat(Enumerable.Range(0, more).Select(n => new MoneyLine(Noon + Duration.FromMinutes(n), MoneyKind.Sold, $"R{n:0000}", 2, new(1, 0), new(0, 7, 0, 0)))).ToList();
        var opening = new FundAccount(2, 1, 1_000, 0, 0);
        var key = new HoldingKey(2, 1);
        HoldingEvent[] history =
        [
            new HoldingEvent.Issued(9_000_000, "x"), new HoldingEvent.Earmarked(1_000_000, 5), new HoldingEvent.Released(1_000, 6), new HoldingEvent.Sold(1, 7), new HoldingEvent.Bought(2, 8), new HoldingEvent.SetAside(30, 9), new HoldingEvent.Returned(10, 9),
            new HoldingEvent.Delivered(20, 9), new HoldingEvent.Received(4, 10), new HoldingEvent.GivenBack(2, 8), new HoldingEvent.TakenBack(1, 7), new HoldingEvent.TransferredOut(5, 3, "x"), new HoldingEvent.TransferredIn(6, 3, "x"),
            new HoldingEvent.Surrendered(2, "x"), new HoldingEvent.SurrenderReversed(1, 14, "x"), new HoldingEvent.Cancelled(1, "x"), new HoldingEvent.Retired(1, "x"), new HoldingEvent.Expired(1, new(2026, 3, 1)), new HoldingEvent.Frozen(100, 11), new HoldingEvent.FrozenInMarket(50, 11), new HoldingEvent.Unfrozen(150, 11),
            .. Enum.GetValues<HoldReason>().SelectMany(reason => new HoldingEvent[] { new HoldingEvent.Held(9, reason, "x"), new HoldingEvent.HoldLifted(4, reason, "x") }), new HoldingEvent.Reversed(3, 12, "x"),
        ];
        var rights = RightsOfDay.Fold(key, history.Select((h, n) => (Noon + Duration.FromSeconds(n), h)), Noon + Duration.FromSeconds(1));
        return new(2, new(2026, 3, 2), Noon + Duration.FromHours(2), false, opening, lines, lines.Aggregate(opening, (sum, l) => sum + l.Change), [rights]);
    }

    public static Press Press => new(new(new ConfigurationBuilder().Build()));

    /// <summary>Where somebody wants to look at them, they are left there.</summary>
    public static byte[] Print(string name, Paper paper)
    {
        var printed = Press.Print(paper);
        if (Environment.GetEnvironmentVariable("TRADING_PAPERS") is { Length: > 0 } folder) File.WriteAllBytes(Path.Combine(folder, name + ".pdf"), printed);
        return printed;
    }

    /// <summary>As who copies from it gets it.</summary>
    public static async Task<string> Text(byte[] pdf)
    {
        const string Reader = "/usr/bin/pdftotext";
        Assert.SkipUnless(File.Exists(Reader), "pdftotext is not installed on this machine (apt: poppler-utils)");
        using var reads = Process.Start(new ProcessStartInfo(Reader, ["-layout", "-", "-"]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var text = reads.StandardOutput.ReadToEndAsync();
        await reads.StandardInput.BaseStream.WriteAsync(pdf);
        reads.StandardInput.Close();
        return await text;
    }

    private static HolderFacts Holder => new(Textile.CreditCode, Textile.NameZh, Textile.NameEn);

    private static RightFacts Right(Instrument i) => new(i.Symbol, i.NameZh, i.NameEn, Json.Word(i.Class), i.Unit, i.Vintage, i.ValidThrough is { } last ? Wording.Day(last) : null);

    private static Certificate Issued(Facts facts) => new("7K3M-9QXD-2FHP-XW4T", 2, "x", facts.Text(), Facts.Digest(facts.Text()), Noon, new("textile", "enterprise"));
}

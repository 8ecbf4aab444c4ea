using System.Globalization;
using Trading.Support;

namespace Trading.Acceptance;

/// <summary>One journal, lived again under other settings of machine and runtime: each gives the outputs that are stored, and one fingerprint.</summary>
[Trait("layer", "acceptance")]
[Trait("faults", "yes")]
public sealed class TheSameMarketEverywhere
{
    private const string Symbol = "CEA-2025";

    private static readonly (string Name, string Value)[][] Settings =
    [
        [],
        [("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")],
        [("LANG", "zh_CN.UTF-8"), ("LC_ALL", "zh_CN.UTF-8"), ("TZ", "Asia/Shanghai")],
        [("LANG", "ar_SA.UTF-8"), ("TZ", "Pacific/Chatham")],
        [("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"), ("TZ", "America/St_Johns")],
        [("DOTNET_TieredCompilation", "0")],
        [("DOTNET_TieredPGO", "0")],
        [("DOTNET_ReadyToRun", "0"), ("DOTNET_TC_QuickJitForLoops", "0")],
        [("DOTNET_PROCESSOR_COUNT", "1")],
        [("DOTNET_gcServer", "1"), ("DOTNET_GCHeapCount", "2")],
        [("DOTNET_EnableAVX2", "0"), ("DOTNET_EnableBMI2", "0")],
        [("DOTNET_EnableHWIntrinsic", "0")],
    ];

    /// <remarks>Failed when ContentOf mixed in a hash of the runtime's own.</remarks>
    [Fact]
    public async Task Whatever_the_language_the_zone_the_cores_and_the_compiler()
    {
        var database = await (await PostgresServer.Shared()).CreateDatabase("everywhere");
        await using (var exchange = await Exchange.Open("--postgres", database))
        {
            var (steel, textile) = (await Client.SignIn(exchange, "steel"), await Client.SignIn(exchange, "textile"));
            await steel.Earmark(Symbol, "500");
            await textile.EarmarkMoney("100000.00");
            var price = decimal.Parse((await steel.Get($"/api/v1/instruments/{Symbol}")).Word("reference"), CultureInfo.InvariantCulture);
            var dice = new Random(11);
            for (var n = 0; n < 150; n++)
            {
                var sells = dice.Next(2) == 0;
                var at = Math.Round(price + (dice.Next(-4, 5) * 0.01m), 2).ToString(CultureInfo.InvariantCulture);
                await (sells ? steel : textile).Order($"e-{n}", Symbol, sells ? "sell" : "buy", at, dice.Next(1, 6).ToString(CultureInfo.InvariantCulture), dice.Next(5) == 0 ? "ioc" : "day");
                if (n % 40 == 39) await steel.Delete($"/api/v1/orders?symbol={Symbol}");
            }

            await exchange.Stop();
        }

        var fingerprints = new List<string>();
        foreach (var settings in Settings)
        {
            var (exit, said) = await Exchange.RunWith(settings.ToDictionary(s => s.Name, s => s.Value), "verify", "--postgres", database);
            var named = string.Join(' ', settings.Select(s => $"{s.Name}={s.Value}"));
            Assert.True(exit == 0, $"{named}\n{said}");
            fingerprints.Add(said[said.IndexOf("fingerprint ", StringComparison.Ordinal)..].Split('\n')[0]);
            Console.WriteLine($"{fingerprints[^1]} {named}");
        }

        Assert.Single(fingerprints.Distinct(StringComparer.Ordinal));
    }
}

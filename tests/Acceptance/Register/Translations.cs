using System.Globalization;
using System.Text.Json.Nodes;

namespace Trading.Acceptance.Register;

/// <summary>From the words of an example to calls of the API and back. Spelling and order, no rule.</summary>
internal static partial class Translations
{
    private const string Energy = "ENE-JS-2030";
    private const string Cod = "COD-TAIHU-2026";

    public static async Task<JsonObject> Run(string id, JsonObject given, Scene scene) => id switch
    {
        "POL-FEE-001" => await PaidUse(given, scene),
        "POL-AMT-001" => await Amounts(given, scene),
        "POL-ELIG-001" => await Gate(given, scene),
        "POL-ELIG-003" => await Wall(given, scene),
        "POL-TERM-001" => await Term(given, scene),
        "POL-BUYBACK-001" => await BuyBack(given, scene),
        "POL-OVER-001" => await Excess(given, scene),
        "ENE-QTY-001" => await EnergyQuantity(given, scene),
        "ENE-GATE-001" => await MustBuy(given, scene),
        "ENE-SUP-001" => await CountySupply(given, scene),
        "ENE-CONF-001" => await Confirmation(given, scene),
        "ENE-ELA-001" => await Elastic(given, scene),
        "ENE-EXC-001" => await Exclusions(given, scene),
        "LAW-VENUE-001" => await Venue(given, scene),
        "LAW-STAFF-001" => await Staff(given, scene),
        "CRED-001" => await Credit(given, scene),
        "POL-OFF-001" => await Replacement(given, scene),
        "ENE-EXP-001" => await Expiry(given),
        "REG-INV-001" => await Supply(given, scene),
        "REG-IDEM-001" => await Twice(given, scene),
        "REG-4EYE-001" => await FourEyes(given, scene),
        "REG-FRZ-001" => await Freezing(given, scene),
        "REG-FRZ-002" => await SecondCourt(given, scene),
        "REG-PLG-001" => await Pledged(given, scene),
        "ENE-KEY-001" => await KeyProjects(given, scene),
        "REG-BLK-001" => await Blocks(given, scene),
        "REG-FIX-001" => await Corrected(given, scene),
        "REG-RACE-001" => await Race(given, scene),
        "REG-NEG-001" => await Deficit(given, scene),
        "SET-DVP-001" => await Delivered(given, scene),
        "SET-FEE-001" => await Fees(given, scene),
        "SET-REC-001" => await Reconciled(given, scene),
        "SET-DEP-001" => await Unpaid(given),
        _ => throw new NotSupportedException($"{id} has no translation"),
    };

    /// <summary>What waits for weeks is left out where each number is tried again: a server that starts days ahead takes its time.</summary>
    public static void Shorten(string id, JsonObject given, JsonObject expected)
    {
        if (id != "ENE-CONF-001") return;
        var (decisions, after) = (given["decisions"]!.AsArray(), expected["after"]!.AsArray());
        for (var i = decisions.Count - 1; i >= 0; i--)
        {
            if (!decisions[i]!.GetValue<string>().StartsWith("TIMEOUT", StringComparison.Ordinal)) continue;
            decisions.RemoveAt(i);
            after.RemoveAt(i);
        }
    }

    /// <summary>Why a given number may be another and nothing changes; null: it may not.</summary>
    public static string? WhyNot(string id, string path) => (id, path) switch
    {
        ("POL-ELIG-001", ".failed_regions[0]" or ".trades[0].seller" or ".trades[0].buyer" or ".trades[1].seller" or ".trades[1].buyer" or ".trades[2].seller" or ".trades[2].buyer") => "a code of a region, not a quantity",
        ("ENE-EXP-001", ".unused") => "whatever is unused expires whole",
        ("REG-INV-001", _) => "words of events, not numbers of their own",
        ("ENE-KEY-001", ".requests[1].qty") => "it gets what is left, whatever more it asks",
        ("SET-REC-001", ".registry.A" or ".trading.A") => "register and market move by one call: none makes them differ",
        ("SET-DEP-001", ".deposit" or ".won") => "however much was laid down and is owed, who does not pay loses it whole",
        ("REG-IDEM-001", ".times") => "however often it is asked, it is done once",
        _ => null,
    };

    private static async Task<JsonObject> PaidUse(JsonObject given, Scene scene)
    {
        var (basin, sector) = (Text(given, "basin"), Text(given, "sector"));
        await scene.Rule("pollutant/tariffs", new JsonObject
        {
            ["prices"] = new JsonArray([.. given["tariff"]!.AsObject().Select(t => new JsonObject { ["basin"] = basin, ["indicator"] = Indicator(t.Key), ["sectors"] = new JsonArray(sector), ["yuanPerTonneYear"] = t.Value!.DeepClone() })]),
        });
        var quote = await scene.Operator.Post("/api/v1/quotes/paid-use", new
        {
            basin, sector, years = Number(given["years"]!),
            quantities = given.Where(g => g.Key.EndsWith("_t_per_a", StringComparison.Ordinal)).Select(g => new { indicator = Indicator(g.Key[..^8]), quantity = Number(g.Value!) }),
        });
        if (quote.Body?["items"] is null) return Refused(quote);
        var fees = new JsonObject { ["total"] = quote.Word("total") };
        foreach (var item in quote["items"].AsArray()) fees[Text(item!, "indicator").Replace("-", "", StringComparison.Ordinal) + "_fee"] = Text(item!, "fee");
        return fees;
    }

    private static async Task<JsonObject> Amounts(JsonObject given, Scene scene)
    {
        var amounts = new JsonArray();
        foreach (var trade in given["trades"]!.AsArray())
        {
            var seller = await scene.Participant("320583", standing: new { reason = "示例", permitThrough = MonthsFromNow(12 * int.Parse(Number(trade![3]!), CultureInfo.InvariantCulture)) });
            var quote = await scene.Operator.Post("/api/v1/quotes/transfer", new { seller, quantity = Number(trade[1]!), price = Number(trade[2]!) });
            amounts.Add(quote.Body?["amount"]?.DeepClone() ?? Refused(quote)["result"]!.DeepClone());
        }

        return new() { ["amounts"] = amounts };
    }

    private static async Task<JsonObject> Gate(JsonObject given, Scene scene)
    {
        var indicator = Text(given, "indicator");
        await scene.Rule("pollutant/attainment", new JsonObject
        {
            ["failed"] = new JsonArray([.. given["failed_regions"]!.AsArray().Select(r => new JsonObject { ["region"] = r!.DeepClone(), ["indicator"] = indicator, ["from"] = "2026-01-01", ["through"] = null, ["document"] = "示例" })]),
        });
        var results = new JsonArray();
        foreach (var trade in given["trades"]!.AsArray())
            results.Add(Ruling(await Judge(scene, Cod, await scene.Participant(Text(trade!, "seller")), await scene.Participant(Text(trade!, "buyer")))));
        await scene.Rule("pollutant/attainment", new JsonObject { ["failed"] = new JsonArray() });
        return new() { ["results"] = results };
    }

    private static async Task<JsonObject> Wall(JsonObject given, Scene scene)
    {
        var results = new JsonArray();
        foreach (var trade in given["trades"]!.AsArray())
        {
            async Task<string> Of(string side) => await scene.Participant("320583", standing: new { reason = "示例", sourceClass = Camel(Text(trade!, side)) });
            results.Add(Ruling(await Judge(scene, Text(trade!, "ind") == "COD" ? Cod : "SO2-SUZHOU-2026", await Of("seller_class"), await Of("buyer_class"))));
        }

        return new() { ["results"] = results };
    }

    private static async Task<JsonObject> Term(JsonObject given, Scene scene)
    {
        var through = MonthsFromNow(int.Parse(Number(given["remaining_months"]!), CultureInfo.InvariantCulture));
        var seller = await scene.Participant("320583", standing: new { reason = "示例", permitThrough = through });
        var quote = await scene.Operator.Post("/api/v1/quotes/transfer", new { seller, quantity = Number(given["qty_t_per_a"]!), price = Number(given["price_per_t_a"]!) });
        return quote.Body?["amount"] is null ? Refused(quote) : new() { ["amount"] = quote.Word("amount"), ["valid_to"] = quote.Word("validThrough") == through ? "seller's permit end" : quote.Word("validThrough") };
    }

    private static async Task<JsonObject> BuyBack(JsonObject given, Scene scene)
    {
        var (region, paid, free) = (scene.FreshCounty(), given["paid"]!.AsObject(), given["free"]!.AsObject());
        var basin = Cod;
        await scene.Participant(region, "reserve");
        await scene.Rule("pollutant/tariffs", new JsonObject { ["prices"] = new JsonArray(new JsonObject { ["basin"] = "Taihu", ["indicator"] = "COD", ["sectors"] = new JsonArray("example"), ["yuanPerTonneYear"] = paid["orig_price"]!.DeepClone() }) });
        var holder = await scene.Participant(region, standing: new { reason = "示例", sector = "example" });
        await scene.Allocate(basin, holder, Number(paid["t"]!), "paid", int.Parse(Number(paid["remaining_years"]!), CultureInfo.InvariantCulture));
        await scene.Allocate(basin, holder, Number(free["t"]!), "free");
        var before = await Reserve(scene, region);
        var amounts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var allocation in (await scene.Operator.Get($"/api/v1/allocations?participant={holder}"))["items"].AsArray())
        {
            var id = Text(allocation!, "id");
            await scene.Approved(await scene.Operator.Post($"/api/v1/allocations/{id}/buy-back", new { quantity = Text(allocation!, "quantity"), document = "示例" }));
            amounts[Text(allocation!, "basis")] = Text((await scene.Operator.Get($"/api/v1/allocations/{id}/buy-backs"))["items"]![0]!, "amount");
        }

        return new() { ["paid_amount"] = amounts["paid"], ["free_amount"] = amounts["free"], ["reserve_delta"] = await Reserve(scene, region) - before };
    }

    private static async Task<decimal> Reserve(Scene scene, string region) =>
        (await scene.Operator.Get($"/api/v1/caps?region={region}&indicator=COD&year={Today.Year}"))["items"].AsArray() is [{ } cap] ? decimal.Parse(Text(cap, "reserve"), CultureInfo.InvariantCulture) : 0;

    private static async Task<JsonObject> Excess(JsonObject given, Scene scene)
    {
        var holder = await scene.Participant("320583");
        await scene.Allocate(Cod, holder, Number(given["held"]!));
        var now = TimeProvider.System.GetUtcNow();
        var hour = new DateTimeOffset(now.Year, now.Month, now.Day, now.Hour, 0, 0, TimeSpan.Zero).AddHours(-1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        await scene.Operator.Post("/api/v1/usage", new { participant = holder, indicator = "COD", source = "CEMS", readings = new[] { new { hour, quantity = Number(given["actual"]!) } } });
        var year = await scene.Regulator.Post("/api/v1/reconciliations", new { participant = holder, indicator = "COD", year = Today.Year.ToString(CultureInfo.InvariantCulture) });
        var opened = year.Body?["case"];
        return new()
        {
            ["excess"] = year.Word("excess"), ["case"] = opened?["kind"]?.DeepClone(), ["fine_range"] = opened is null ? null : new JsonArray(opened["fineFrom"]!.DeepClone(), opened["fineTo"]!.DeepClone()),
            ["buy_in_does_not_cure_past_year"] = opened is null ? null : !opened["laterPurchaseCures"]!.GetValue<bool>(),
        };
    }

    private static async Task<JsonObject> EnergyQuantity(JsonObject given, Scene scene)
    {
        await scene.RuleWith("energy/purchase", ("factorB", Number(given["B"]!)), ("provinceAverage", Number(given["province_avg"]!)), ("intensityLine", Number(given["province_avg"]!)));
        var need = await scene.Operator.Post("/api/v1/quotes/energy-need", new { yearlyTce = Number(given["A_tce"]!), intensity = Number(given["C_tce_per_10k"]!) });
        await scene.RuleWith("energy/purchase", ("intensityLine", "0.6"));
        return need.Body?["quantity"] is null ? Refused(need) : new() { ["must_buy_tce"] = need["quantity"].DeepClone() };
    }

    private static async Task<JsonObject> MustBuy(JsonObject given, Scene scene)
    {
        var answers = new JsonArray();
        foreach (var project in given["projects"]!.AsArray()) answers.Add((await scene.Operator.Post("/api/v1/quotes/energy-need", new { intensity = Number(project![1]!) })).Body?["mustBuy"]?.DeepClone());
        return new() { ["must_buy"] = answers };
    }

    private static async Task<JsonObject> CountySupply(JsonObject given, Scene scene)
    {
        var results = new JsonArray();
        foreach (var offer in given["offer"]!.AsArray())
        {
            var (region, quota) = (scene.FreshCounty(), Number(given["annual_new_quota"]!));
            var county = await scene.Participant(region, "county");
            await Cap(scene, region, "100000000", quota);
            await scene.Allocate(Energy, county, "500000");
            var asked = await (await scene.User(county, "county")).Post("/api/v1/account/earmarks", new { symbol = Energy, quantity = Number(offer!) });
            results.Add((int)asked.Status < 300 ? "ACCEPT" : Refused(asked)["result"]!.DeepClone());
        }

        return new() { ["results"] = results };
    }

    private static async Task<JsonObject> Confirmation(JsonObject given, Scene scene)
    {
        var after = new JsonArray();
        var state = "";
        foreach (var decision in given["decisions"]!.AsArray().Select(d => d!.GetValue<string>()))
        {
            var late = decision.StartsWith("TIMEOUT", StringComparison.Ordinal);
            await using var another = late ? await Exchange.Open() : null;
            if (another is not null) scene = await Scene.Open(another);
            var (a, b, quantity) = (scene.FreshCounty(), scene.FreshCounty(), Number(given["qty"]!));
            // What the demonstration has allocated there already stands under the cap that is given.
            var (underA, underB) = (await Allocated(scene, a), await Allocated(scene, b));
            await Cap(scene, a, Plus(Number(given["A_cap"]!), underA + 1_000_000), "0");
            await Cap(scene, b, Plus(Number(given["B_cap"]!), underB + 1_000_000), "0");
            var (seller, buyer) = (await scene.Participant(a), await scene.Participant(b));
            await scene.Allocate(Energy, seller, quantity);
            var (waits, trade) = await scene.SellAcross(seller, buyer, Energy, quantity, decision);
            state = waits ?? "";
            var alert = late ? await scene.WhenOverdue(trade, int.Parse(decision.Split('_')[1], CultureInfo.InvariantCulture)) : null;
            var row = new JsonObject { ["A"] = Less(await Total(scene, a), underA + 1_000_000), ["B"] = Less(await Total(scene, b), underB + 1_000_000) };
            if (alert is not null) row["alert"] = alert;
            after.Add(row);
        }

        return new() { ["after"] = after, ["state_before_decision"] = state };
    }

    private static async Task<JsonObject> Elastic(JsonObject given, Scene scene)
    {
        await scene.Rule("energy/elastic-cap", new JsonObject { ["elasticity"] = given["elasticity"]!.DeepClone() });
        var caps = new JsonArray();
        foreach (var one in given["cases"]!.AsArray())
        {
            var region = scene.FreshCounty();
            await Cap(scene, region, Number(given["cap"]!), "0");
            await scene.Approved(await scene.Operator.Post("/api/v1/caps/stretch", new { region, year = Year(), intensityMet = one!["intensity_met"]!.GetValue<bool>(), growthAbovePlan = one["growth_above_plan"]!.GetValue<bool>(), document = "示例" }));
            caps.Add(await Total(scene, region));
        }

        return new() { ["caps"] = caps };
    }

    private static async Task<JsonObject> Exclusions(JsonObject given, Scene scene)
    {
        var counted = await scene.Operator.Post("/api/v1/quotes/energy-use", new
        {
            gross = Number(given["gross_tce"]!), parts = given.Where(g => g.Key != "gross_tce").Select(g => new { kind = Camel(g.Key), quantity = Number(g.Value!) }),
        });
        return counted.Body?["counted"] is null ? Refused(counted) : new() { ["counted_tce"] = counted.Word("counted") };
    }

    private static async Task<JsonObject> Venue(JsonObject given, Scene scene)
    {
        var asked = await scene.Operator.Post("/api/v1/instruments", new
        {
            symbol = "CEA-2026", nameZh = "全国碳排放配额 2026", nameEn = "CEA 2026", rightClass = Text(given, "product") == "CEA" ? "carbon" : Text(given, "product"), unit = "tCO2e", unitDecimals = "0",
            venueMode = Text(given, "mode").ToLowerInvariant(), vintage = "2026", document = "示例",
        });
        return new() { ["result"] = Refused(asked)["result"]!.DeepClone(), ["allowed_modes"] = new JsonArray([.. (asked.Body?["values"]?["allowedModes"]?.GetValue<string>() ?? "").Split(' ').Select(m => JsonValue.Create(m))]) };
    }

    private static async Task<JsonObject> Staff(JsonObject given, Scene scene) =>
        Text(given, "action") == "open_account" ? Refused((await scene.Opening("320583", "enterprise", Text(given, "person"))).Reply) : throw new NotSupportedException(Text(given, "action"));

    private static async Task<JsonObject> Credit(JsonObject given, Scene scene)
    {
        var (factors, trades) = (new JsonArray(), new JsonArray());
        foreach (var entity in given["entities"]!.AsArray())
        {
            if (decimal.Parse(Number(entity![1]!), CultureInfo.InvariantCulture) is var score && score > 100)
            {
                factors.Add("out of range");
                continue;
            }

            var id = await scene.Participant("320583", standing: new { reason = "示例", creditScore = Number(entity[1]!) });
            var credit = (await scene.Operator.Get($"/api/v1/participants/{id}"))["credit"];
            if (Text(credit, "grade") != Text(entity, 0)) factors.Add("another grade");
            factors.Add(credit["depositFactor"]?.DeepClone() ?? "n/a");
            trades.Add(Text(credit, "trade") switch { "yes" => "YES", "sellOnly" => "SELL_ONLY", _ => "NO" });
        }

        return new() { ["deposit_factor"] = factors, ["trade"] = trades };
    }

    private static async Task<JsonObject> Replacement(JsonObject given, Scene scene)
    {
        await scene.RuleWith("pollutant/replacement", ("otherwise", Number(given["ratio"]!)));
        var (seller, buyer, symbol) = (await scene.Participant("320583"), await scene.Participant("320583"), await scene.Product());
        await scene.Allocate(symbol, seller, Number(given["seller_has"]!));
        var asked = await scene.Operator.Post("/api/v1/replacements", new { symbol, from = seller, to = buyer, quantity = Number(given["new_project_t"]!), operation = "example", document = "示例" });
        var decided = asked.Status == System.Net.HttpStatusCode.Created ? await scene.Regulator.Post($"/api/v1/proposals/{asked.Word("id")}/approve") : asked;
        await scene.RuleWith("pollutant/replacement", ("otherwise", "1"));
        if ((int)decided.Status >= 300) return Refused(decided);
        var (had, sold, bought) = (decimal.Parse(Number(given["seller_has"]!), CultureInfo.InvariantCulture), Decimal(await scene.Held(seller, symbol)), Decimal(await scene.Held(buyer, symbol)));
        var retired = Decimal((await scene.Operator.Get($"/api/v1/instruments/{symbol}/supply")).Word("retired"));
        return new() { ["seller_delta"] = Signed(sold - had), ["buyer_delta"] = Signed(bought), ["retired_to_environment"] = retired, ["conservation"] = sold - had + bought + retired };
    }

    /// <summary>The year's end of the example is tomorrow's here: what matters is the day after the last.</summary>
    private static async Task<JsonObject> Expiry(JsonObject given)
    {
        await using var another = await Exchange.Open();
        var scene = await Scene.Open(another);
        var days = DateOnly.Parse(Text(given, "on"), CultureInfo.InvariantCulture).DayNumber - DateOnly.Parse(Text(given, "valid_to"), CultureInfo.InvariantCulture).DayNumber;
        var (holder, symbol) = (await scene.Participant("320583"), await scene.Product(Today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        await scene.Allocate(symbol, holder, Number(given["unused"]!));
        await scene.Later(days);
        var supply = await Client.Eventually(() => scene.Operator.Get($"/api/v1/instruments/{symbol}/supply"), s => Decimal(s.Word("expired")) > 0, s => s.Text);
        return new() { ["state"] = Decimal(supply.Word("expired")) == decimal.Parse(Number(given["unused"]!), CultureInfo.InvariantCulture) ? "EXPIRED" : supply.Text, ["balance"] = await scene.Held(holder, symbol) };
    }

    private static decimal Decimal(string number) => decimal.Parse(number, CultureInfo.InvariantCulture);

    private static string Signed(decimal number) => number.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    private static Task<Reply> Judge(Scene scene, string symbol, string seller, string buyer) => scene.Operator.Post("/api/v1/deals/judge", new { symbol, seller, buyer, quantity = "1" });

    private static JsonNode Ruling(Reply ruling) =>
        !ruling["allowed"].GetValue<bool>() ? "REJECT_" + ruling.Word("code") : ruling.Body?["confirmedBy"] is null ? "ACCEPT" : "ACCEPT_FOR_APPROVAL";

    private static async Task Cap(Scene scene, string region, string limit, string newQuota) =>
        await scene.Approved(await scene.Operator.Post("/api/v1/caps", new { region, indicator = "energy", year = Year(), limit, newQuota, document = "示例" }));

    private static async Task<decimal> Allocated(Scene scene, string region) =>
        (await scene.Operator.Get($"/api/v1/caps?region={region}&indicator=energy&year={Year()}"))["items"].AsArray() is [{ } cap] ? decimal.Parse(Text(cap, "allocated"), CultureInfo.InvariantCulture) : 0;

    private static string Plus(string number, decimal more) => (decimal.Parse(number, CultureInfo.InvariantCulture) + more).ToString(CultureInfo.InvariantCulture);

    private static JsonNode Less(JsonNode number, decimal less) => (decimal.Parse(number.GetValue<string>(), CultureInfo.InvariantCulture) - less).ToString(CultureInfo.InvariantCulture);

    private static async Task<JsonNode> Total(Scene scene, string region) => (await scene.Operator.Get($"/api/v1/caps?region={region}&indicator=energy&year={Year()}"))["items"]![0]!["total"]!.DeepClone();

    private static JsonObject Refused(Reply reply) => new() { ["result"] = (int)reply.Status < 300 ? "ACCEPT" : "REJECT_" + reply.Word("code") };

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(8));

    /// <summary>So many months are left, today's included.</summary>
    private static string MonthsFromNow(int months) => Today.AddMonths(months).AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Year() => Today.Year.ToString(CultureInfo.InvariantCulture);

    private static string Indicator(string name) => name == "NH3N" ? "NH3-N" : name;

    private static string Camel(string words) => string.Concat(words.Split('_').Select((w, i) => i == 0 ? w : char.ToUpperInvariant(w[0]) + w[1..]));

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static string Text(JsonNode node, int index) => node[index]!.GetValue<string>();

    private static string Number(JsonNode node) => node.GetValueKind() == System.Text.Json.JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
}

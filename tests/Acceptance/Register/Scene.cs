using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Trading.Acceptance.Register;

/// <summary>A running exchange and the people who do things there, in words of the API; each example opens participants of its own.</summary>
internal sealed class Scene
{
    public const string Password = "a long enough word";

    private static int opened;
    private readonly Exchange exchange;
    private readonly Queue<string> counties;

    private Scene(Exchange exchange, Client operators, Client regulator, IEnumerable<string> counties)
    {
        (this.exchange, Operator, Regulator) = (exchange, operators, regulator);
        this.counties = new(counties);
    }

    public Client Operator { get; private set; }
    public Client Regulator { get; private set; }

    public static async Task<Scene> Open(Exchange exchange)
    {
        var regulator = await Client.SignIn(exchange, "regulator");
        var all = (await regulator.Get("/api/v1/regions"))["items"].AsArray().Select(r => r!["code"]!.GetValue<string>());
        var taken = (await regulator.Get("/api/v1/caps?indicator=energy"))["items"].AsArray().Where(c => c!["limit"] is not null).Select(c => c!["region"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
        return new(exchange, await Client.SignIn(exchange, "operator"), regulator, all.Where(region => !taken.Contains(region)));
    }

    /// <summary>A county that no example has used before on this exchange.</summary>
    public string FreshCounty()
    {
        while (true)
        {
            var region = counties.Dequeue();
            lock (Used)
            {
                if (Used.Add(exchange.Folder + region)) return region;
            }
        }
    }

    private static readonly HashSet<string> Used = new(StringComparer.Ordinal);

    /// <summary>What an operator asks and a regulator approves.</summary>
    public async Task<Reply> Approved(Reply asked)
    {
        if (asked.Status != System.Net.HttpStatusCode.Created) throw new InvalidOperationException($"not even asked: {(int)asked.Status} {asked.Text}");
        var decided = await Regulator.Post($"/api/v1/proposals/{asked.Word("id")}/approve");
        return decided.Status == System.Net.HttpStatusCode.OK ? decided : throw new InvalidOperationException($"not approved: {(int)decided.Status} {decided.Text}\n{exchange.Said}");
    }

    public async Task Rule(string key, JsonNode content) =>
        await Approved(await Operator.Post($"/api/v1/rules/{key}/versions", new { content, legalReference = "示例" }));

    /// <summary>The rule in force with some of its fields others.</summary>
    public async Task RuleWith(string key, params (string Field, JsonNode Value)[] fields)
    {
        var content = (await Operator.Get($"/api/v1/rules/{key}"))["content"].DeepClone().AsObject();
        foreach (var (field, value) in fields) content[field] = value;
        await Rule(key, content);
    }

    public async Task<string> Participant(string region, string kind = "enterprise", object? standing = null)
    {
        var (id, reply) = await Opening(region, kind, "manager");
        if (reply.Status != System.Net.HttpStatusCode.Created) throw new InvalidOperationException($"{id} was not opened: {reply.Text}");
        if (standing is not null) await Approved(await Operator.Post($"/api/v1/participants/{id}/standing", standing));
        return id;
    }

    public async Task<(string Id, Reply Reply)> Opening(string region, string kind, string occupation)
    {
        var number = Interlocked.Increment(ref opened);
        var id = string.Create(CultureInfo.InvariantCulture, $"example-{Environment.ProcessId}-{number}");
        var basin = (await Operator.Get("/api/v1/regions"))["items"].AsArray().First(r => r!["code"]!.GetValue<string>() == region)!["basin"]!.GetValue<string>().Split('/')[0];
        return (id, await Operator.Post("/api/v1/participants", new { id, creditCode = CreditCode(number), nameZh = "示例单位", nameEn = "Example", kind, region, basin, occupation }));
    }

    /// <summary>A user of a participant, as an installation brings them: from a file.</summary>
    public async Task<Client> User(string participant, string role)
    {
        await exchange.Import("users", "name,role,participant,password", $"{participant},{role},{participant},{Password}");
        return await Client.SignIn(exchange, participant, Password);
    }

    public async Task Allocate(string symbol, string participant, string quantity, string basis = "free", int years = 1) => await Approved(await Operator.Post("/api/v1/allocations", new
    {
        plan = participant, symbol, document = "示例", lines = new[] { new { participant, quantity, basis, years = years.ToString(CultureInfo.InvariantCulture) } },
    }));

    /// <summary>A product of its own, so that what is counted of it is the example's alone.</summary>
    public async Task<string> Product(string? validThrough = null)
    {
        var symbol = FreshSymbol();
        await Approved(await Operator.Post("/api/v1/instruments", new { symbol, nameZh = "示例", nameEn = "Example", rightClass = "pollutant", indicator = "COD", basin = "Taihu", unit = "t/a", unitDecimals = "3", venueMode = "operate", vintage = "2026", validThrough, document = "示例" }));
        return symbol;
    }

    private static string FreshSymbol() => string.Create(CultureInfo.InvariantCulture, $"EXAMPLE-{Environment.ProcessId}-{Interlocked.Increment(ref opened)}");

    /// <summary>A right whose trades are final, with a fee for each side.</summary>
    public async Task<string> Traded(string fee, string mode = "continuous")
    {
        var symbol = FreshSymbol();
        await Approved(await Operator.Post("/api/v1/instruments", new { symbol, nameZh = "示例", nameEn = "Example", rightClass = "carbon", indicator = (string?)null, basin = (string?)null, unit = "tCO2e", unitDecimals = "0", venueMode = "simulate", vintage = "2026", validThrough = (string?)null, document = "示例" }));
        await exchange.Import("listings", "symbol,tick,lot,confirmation,reference,lower,upper,fee,mode", $"{symbol},0.01,1,None,,,,{fee},{mode}");
        await Client.Eventually(() => Operator.Get($"/api/v1/instruments/{symbol}"), i => i.Status == System.Net.HttpStatusCode.OK, i => i.Text);
        return symbol;
    }

    public async Task<string> Held(string participant, string symbol, string bucket = "total") =>
        (await Regulator.Get($"/api/v1/holdings?participant={participant}"))["items"].AsArray().FirstOrDefault(h => h!["symbol"]!.GetValue<string>() == symbol)?[bucket]!.GetValue<string>() ?? "0";

    /// <summary>A freeze that has taken what it can get.</summary>
    public async Task<Reply> Freeze(string participant, string symbol, string quantity)
    {
        var ordered = await Regulator.Post("/api/v1/freezes", new { participant, kind = "judicial", authority = "示例法院", officer = "示例", document = "示例", symbol, quantity });
        var id = (await Operator.Post($"/api/v1/freezes/{ordered.Word("id")}/carry-out")).Word("id");
        var frozen = await Frozen(id);
        return new(System.Net.HttpStatusCode.OK, frozen, frozen.ToJsonString());
    }

    public async Task Lift(string freeze)
    {
        await Regulator.Post($"/api/v1/freezes/{freeze}/lift", new { document = "示例" });
        var lifted = await Operator.Post($"/api/v1/freezes/{freeze}/carry-out");
        if (lifted.Word("state") != "lifted") throw new InvalidOperationException(lifted.Text);
    }

    /// <summary>As it stands when what the market lets go of has come to it.</summary>
    public async Task<JsonNode> Frozen(string freeze)
    {
        async Task<JsonNode> Now() => (await Regulator.Get("/api/v1/freezes?limit=500"))["items"].AsArray().First(f => f!["id"]!.GetValue<string>() == freeze)!;
        // Market and settlement take everything in order: when a request that came after is answered, the freeze was carried out before it.
        var owner = await Client.SignIn(exchange, (await Now())["participant"]!.GetValue<string>(), Password);
        var after = (await owner.Post("/api/v1/account/funds/releases", new { amount = "0.01" })).Word("transferId");
        await Client.Eventually(() => owner.Get($"/api/v1/account/transfers/{after}"), t => t.Word("status") != "pending", t => t.Text);
        return await Now();
    }

    public async Task Later(int days)
    {
        await exchange.StartLater(days);
        (Operator, Regulator) = (await Client.SignIn(exchange, "operator"), await Client.SignIn(exchange, "regulator"));
    }

    public Task Pay(string participant, string amount) => exchange.Import("funds", "participant,amount,reference", $"{participant},{amount},{participant}");

    /// <summary>A trade at the reference price that nobody else is in, and what the province says to it. State null: it does not wait for the province.</summary>
    public async Task<(string? State, string TradeId)> SellAcross(string seller, string buyer, string symbol, string quantity, string decision)
    {
        var (selling, buying) = (await User(seller, "enterprise"), await User(buyer, "enterprise"));
        await Pay(buyer, "90000000.00");
        await selling.Earmark(symbol, quantity);
        await buying.EarmarkMoney("80000000.00");
        var price = (await buying.Get($"/api/v1/instruments/{symbol}")).Word("reference");
        await selling.Order("sell", symbol, "sell", price, quantity);
        var bought = await buying.Order("buy", symbol, "buy", price, quantity);
        if (bought.Word("status") != "filled") throw new InvalidOperationException($"not filled: {bought.Text}");
        var trade = (await Client.Eventually(() => buying.Get("/api/v1/account/settlements"), s => s["items"].AsArray().Count > 0, s => s.Text))["items"]![0]!["tradeId"]!.GetValue<string>();
        // The desk hears of it by the bus, a moment after the trade.
        var queued = await Client.Eventually(() => Regulator.Get("/api/v1/confirmations?status=awaitingConfirmation&limit=500"), q => q["items"].AsArray().Any(i => i!["id"]!.GetValue<string>() == trade), q => q.Text);
        var state = queued["items"].AsArray().First(q => q!["id"]!.GetValue<string>() == trade)!["authority"]!.GetValue<string>() == "320000" ? "PENDING_PROVINCIAL_CONFIRMATION" : null;
        if (decision == "CONFIRM") await Regulator.Post($"/api/v1/confirmations/{trade}/approve");
        if (decision == "REFUSE") await Regulator.Post($"/api/v1/confirmations/{trade}/reject", new { reason = "示例" });
        if (!decision.StartsWith("TIMEOUT", StringComparison.Ordinal)) await buying.Settled(trade, decision == "CONFIRM" ? "settled" : "rejected");
        return (state, trade);
    }

    /// <summary>The server stops and wakes when the time for an answer has run out; what it calls somebody for.</summary>
    public async Task<string?> WhenOverdue(string trade, int workingDays)
    {
        await exchange.StartLater((workingDays * 2) + 20);
        var regulator = await Client.SignIn(exchange, "regulator");
        var alerts = await Client.Eventually(() => regulator.Get("/api/v1/supervision/alerts"), a => a["items"].AsArray().Any(i => i!["tradeNo"]!.GetValue<string>() == trade), a => a.Text);
        return alerts["items"].AsArray().First(i => i!["tradeNo"]!.GetValue<string>() == trade)!["text"]!.GetValue<string>().Split(':')[0];
    }

    /// <summary>GB 32100: eighteen characters, the last one checks the others.</summary>
    private static string CreditCode(int number)
    {
        const string Letters = "0123456789ABCDEFGHJKLMNPQRTUWXY";
        var body = string.Create(CultureInfo.InvariantCulture, $"91320500{Environment.ProcessId % 1_000:000}{number:000000}");
        var (sum, weight) = (0, 1);
        foreach (var letter in body)
        {
            sum += Letters.IndexOf(letter, StringComparison.Ordinal) * weight;
            weight = weight * 3 % 31;
        }

        return new StringBuilder(body).Append(Letters[(31 - (sum % 31)) % 31]).ToString();
    }
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace Trading.Acceptance.Register;

/// <summary>The examples of the register itself: what is held, held back, handed over, put right.</summary>
internal static partial class Translations
{
    private static async Task<JsonObject> Supply(JsonObject given, Scene scene)
    {
        var symbol = await scene.Product();
        var (people, users) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, Client>(StringComparer.Ordinal));
        async Task<string> Of(string name) => people.TryGetValue(name, out var known) ? known : people[name] = await scene.Participant("320583");
        async Task<Client> User(string name) => users.TryGetValue(name, out var known) ? known : users[name] = await scene.User(await Of(name), "enterprise");
        foreach (var (number, words) in given["events"]!.AsArray().Select(e => e!.GetValue<string>().Split(' ')).Index())
        {
            if (words[0] == "issue") await scene.Allocate(symbol, await Of(words[1]), words[2]);
            else if (words[0] == "transfer") await Transfer(scene, symbol, await Of(words[1].Split('→')[0]), await Of(words[1].Split('→')[1]), words[2], $"t-{number}");
            else await (await User(words[1])).Post($"/api/v1/account/{words[0] switch { "surrender" => "surrenders", "cancel" => "cancellations", _ => throw new NotSupportedException(words[0]) }}", new { symbol, quantity = words[2], reason = "示例", operation = $"e-{number}" });
        }

        var supply = await scene.Operator.Get($"/api/v1/instruments/{symbol}/supply");
        return new()
        {
            ["A"] = await scene.Held(people["A"], symbol), ["B"] = await scene.Held(people["B"], symbol), ["SURRENDERED"] = supply.Word("surrendered"), ["CANCELLED"] = supply.Word("cancelled"), ["issued"] = supply.Word("issued"),
        };
    }

    private static async Task<JsonObject> Twice(JsonObject given, Scene scene)
    {
        var (symbol, a, b, words) = (await scene.Product(), await scene.Participant("320583"), await scene.Participant("320583"), Text(given, "cmd").Split(' '));
        foreach (var (name, holder) in ((string, string)[])[("A", a), ("B", b)])
        {
            if (Number(given[name]!) != "0") await scene.Allocate(symbol, holder, Number(given[name]!));
        }

        var answers = new List<string>();
        for (var time = 0; time < given["times"]!.GetValue<int>(); time++) answers.Add(await Transfer(scene, symbol, a, b, words[2], Text(given, "id")));
        return new() { ["A"] = await scene.Held(a, symbol), ["B"] = await scene.Held(b, symbol), ["second"] = answers.Count > 1 && answers[1] == answers[0] ? "DUPLICATE_RETURNS_FIRST_RESULT" : string.Join(' ', answers) };
    }

    private static async Task<JsonObject> FourEyes(JsonObject given, Scene scene)
    {
        // The same user under both words, whoever he is; else the one who may decide.
        var asked = await scene.Operator.Post("/api/v1/participants/steel/standing", new { reason = "示例", creditScore = "99" });
        var same = Text(given, "initiator") == Text(given, "approver");
        return Refused(await (same ? scene.Operator : scene.Regulator).Post($"/api/v1/proposals/{asked.Word("id")}/approve"));
    }

    private static async Task<string> Transfer(Scene scene, string symbol, string from, string to, string quantity, string operation) =>
        (await scene.Approved(await scene.Operator.Post("/api/v1/transfers", new { symbol, from, to, quantity, operation, document = "示例" }))).Word("state");

    private static Task<JsonObject> Freezing(JsonObject given, Scene scene) => Frozen(given, scene, null);

    /// <summary>Begins where the example it names ends; that one stands beside it in the same file.</summary>
    private static Task<JsonObject> SecondCourt(JsonObject given, Scene scene) => Frozen(WorkedExamples.GivenOf(Text(given, "state_after")), scene, Number(given["freeze"]!));

    private static async Task<JsonObject> Frozen(JsonObject given, Scene scene, string? second)
    {
        var holder = await scene.Participant("320583");
        var user = await scene.User(holder, "enterprise");
        await scene.Allocate(Cod, holder, Number(given["holding"]!));
        if (Number(given["order_hold"]!) is var ordered && ordered != "0")
        {
            await user.Earmark(Cod, ordered);
            await user.Order("sell", Cod, "sell", (Decimal((await user.Get($"/api/v1/instruments/{Cod}")).Word("reference")) * 10).ToString(CultureInfo.InvariantCulture), ordered);
        }

        var first = await scene.Freeze(holder, Cod, Number(given["freeze"]!));
        var open = (await user.Get($"/api/v1/orders?status=open&symbol={Cod}"))["items"].AsArray().Sum(o => Decimal(Text(o!, "quantity")) - Decimal(Text(o!, "filledQuantity")));
        async Task<decimal> Free() => Decimal(await scene.Held(holder, Cod, "available")) + Decimal(await scene.Held(holder, Cod, "inMarket")) - open;
        if (second is null) return new() { ["frozen"] = first.Word("taken"), ["orders_cancelled"] = Decimal(ordered) - open, ["available"] = await Free(), ["order_hold"] = open };
        var waits = await scene.Freeze(holder, Cod, second);
        var answer = new JsonObject { ["effective"] = waits.Word("taken"), ["waiting"] = waits.Word("waiting"), ["available"] = await Free() };
        await scene.Lift(first.Word("id"));
        var then = await scene.Frozen(waits.Word("id"));
        answer["on_release_of_first"] = new JsonObject { ["effective"] = then["taken"]!.DeepClone(), ["waiting"] = then["waiting"]!.DeepClone() };
        return answer;
    }

    private static async Task<JsonObject> Pledged(JsonObject given, Scene scene)
    {
        var (holder, bank) = (await scene.Participant("320583"), await scene.Participant("320583"));
        var (user, banker) = (await scene.User(holder, "enterprise"), await scene.User(bank, "enterprise"));
        await scene.Allocate(Cod, holder, Number(given["holding"]!));
        var asked = await user.Post("/api/v1/account/pledges", new { symbol = Cod, quantity = Number(given["pledged"]!), pledgee = bank, contract = "示例", value = "1", registration = "示例" });
        var taken = await banker.Post($"/api/v1/account/proposals/{asked.Word("id")}/approve");
        if ((int)taken.Status >= 300) return Refused(taken);
        var sale = await user.Post("/api/v1/account/earmarks", new { symbol = Cod, quantity = Number(given["sell"]!) });
        if ((int)sale.Status < 300) await user.Post("/api/v1/account/releases", new { symbol = Cod, quantity = Number(given["sell"]!) });
        var surrender = await user.Post("/api/v1/account/surrenders", new { symbol = Cod, quantity = Number(given["surrender"]!), reason = "示例", operation = "example" });
        return new() { ["sell"] = Refused(sale)["result"]!.DeepClone(), ["surrender"] = surrender.Body?["state"]?.GetValue<string>() == "pendingPledgeeConsent" ? "PENDING_PLEDGEE_CONSENT" : Refused(surrender)["result"]!.DeepClone() };
    }

    private static async Task<JsonObject> Corrected(JsonObject given, Scene scene)
    {
        // "allocate A 500 (should be 50)"
        var words = Text(given, "original").Split(' ');
        var (quantity, wanted, now) = (words[2], words[5].TrimEnd(')'), Decimal(Number(given["A_balance_now"]!)));
        var (symbol, a, b) = (await scene.Product(), await scene.Participant("320583"), await scene.Participant("320583"));
        await scene.Allocate(symbol, a, quantity);
        if (now < Decimal(quantity)) await Transfer(scene, symbol, a, b, (Decimal(quantity) - now).ToString(CultureInfo.InvariantCulture), "since");
        if (now > Decimal(quantity)) await scene.Allocate(symbol, a, (now - Decimal(quantity)).ToString(CultureInfo.InvariantCulture));
        var allocation = (await scene.Operator.Get($"/api/v1/allocations?participant={a}"))["items"].AsArray().First(l => Text(l!, "symbol") == symbol)!["id"]!.GetValue<string>();
        var asked = await scene.Operator.Post("/api/v1/corrections", new { allocation, shouldBe = wanted, document = "示例" });
        var decided = asked.Status == System.Net.HttpStatusCode.Created ? await scene.Regulator.Post($"/api/v1/proposals/{asked.Word("id")}/approve") : asked;
        var reversed = (await scene.Operator.Get($"/api/v1/instruments/{symbol}/supply")).Word("reversed");
        return new()
        {
            ["reversal_possible"] = (int)decided.Status < 300, ["A_after"] = await scene.Held(a, symbol),
            ["events"] = new JsonArray($"Allocated {quantity}", "…", $"AllocationReversed {reversed}"),
        };
    }

    /// <summary>Both are asked at the same time, and the transfer waits for nobody: the receiver is trusted and the quantity below the limit.</summary>
    private static async Task<JsonObject> Race(JsonObject given, Scene scene)
    {
        var quantities = given["parallel"]!.AsArray().Select(w => w!.GetValue<string>().Split(' ')[^1]).ToList();
        var (holder, other) = (await scene.Participant("320583"), await scene.Participant("320583"));
        await scene.Allocate(Cod, holder, Number(given["available"]!));
        var user = await scene.User(holder, "enterprise");
        var transfer = await scene.Operator.Post("/api/v1/transfers", new { symbol = Cod, from = holder, to = other, quantity = quantities[1], operation = "example", document = "示例" });
        var both = await Task.WhenAll(
            user.Post("/api/v1/account/earmarks", new { symbol = Cod, quantity = quantities[0] }), scene.Regulator.Post($"/api/v1/proposals/{transfer.Word("id")}/approve"));
        string[] buckets = ["total", "available", "inMarket", "pledged", "frozen", "awaitingConfirmation", "held"];
        var held = new List<decimal>();
        foreach (var bucket in buckets) held.Add(Decimal(await scene.Held(holder, Cod, bucket)));
        return new() { ["successes"] = both.Count(r => (int)r.Status < 300), ["final_available"] = held[1], ["never_negative"] = held.TrueForAll(h => h >= 0) };
    }

    private static async Task<JsonObject> KeyProjects(JsonObject given, Scene scene)
    {
        var (reserve, answer) = (await scene.Participant("320583", "reserve"), new JsonObject { ["awards"] = new JsonObject(), ["price"] = new JsonObject() });
        await scene.Allocate(Energy, reserve, Number(given["supply"]!));
        var requests = new List<(string Id, bool Key, string Who, Client User, JsonNode Asked)>();
        foreach (var request in given["requests"]!.AsArray())
        {
            var who = await scene.Participant("320583");
            await scene.Pay(who, "900000000.00");
            requests.Add((Text(request!, "id"), request!["key"]!.GetValue<bool>(), who, await scene.User(who, "enterprise"), request));
        }

        await scene.Rule("common/key-projects", new JsonObject { ["projects"] = new JsonArray([.. requests.Where(r => r.Key).Select(r => new JsonObject { ["participant"] = r.Who, ["code"] = r.Id, ["document"] = "示例" })]) });
        var release = (await scene.Approved(await scene.Operator.Post("/api/v1/releases", new { reserve, symbol = Energy, quantity = Number(given["supply"]!), price = Number(given["list_price"]!), document = "示例" }))).Word("id");
        foreach (var r in requests) await r.User.Post($"/api/v1/releases/{release}/requests", new { quantity = Number(r.Asked["qty"]!), bid = Number(r.Asked["bid"]!), operation = "example", project = r.Key ? r.Id : null });
        await scene.Approved(await scene.Operator.Post($"/api/v1/releases/{release}/award", new { document = "示例" }));
        foreach (var r in requests)
        {
            var got = (await scene.Operator.Get($"/api/v1/releases/{release}/requests"))["items"].AsArray().FirstOrDefault(g => Text(g!, "participant") == r.Who);
            answer["awards"]![r.Id] = await scene.Held(r.Who, Energy);
            answer["price"]![r.Id] = got?["price"]?.DeepClone();
        }

        return answer;
    }

    private static async Task<JsonObject> Blocks(JsonObject given, Scene scene)
    {
        var (first, last, symbol) = (Decimal(Number(given["block"]![0]!)), Decimal(Number(given["block"]![1]!)), await scene.Product());
        var (a, b, before) = (await scene.Participant("320583"), await scene.Participant("320583"), await scene.Participant("320583"));
        // A number is a minimum unit, a thousandth here. What lies below the block is somebody else's.
        if (first > 1) await scene.Allocate(symbol, before, ((first - 1) / 1_000m).ToString(CultureInfo.InvariantCulture));
        await scene.Allocate(symbol, a, ((last - first + 1) / 1_000m).ToString(CultureInfo.InvariantCulture));
        var asked = await scene.Operator.Post("/api/v1/transfers", new { symbol, from = a, to = b, quantity = (Decimal(Number(given["transfer"]!)) / 1_000m).ToString(CultureInfo.InvariantCulture), serials = Text(given, "pick"), operation = "example", document = "示例" });
        if (asked.Status != System.Net.HttpStatusCode.Created) return Refused(asked);
        var decided = await scene.Regulator.Post($"/api/v1/proposals/{asked.Word("id")}/approve");
        if ((int)decided.Status >= 300) return Refused(decided);
        var blocks = (await scene.Operator.Get($"/api/v1/instruments/{symbol}/serials"))["items"].AsArray().Where(k => Text(k!, "participant") != before).ToList();
        return new()
        {
            ["blocks"] = new JsonArray([.. blocks.Select(k => new JsonArray(Text(k!, "first"), Text(k!, "last"), Text(k!, "participant") == a ? "A" : "B"))]),
            ["sum"] = blocks.Sum(k => Decimal(Text(k!, "last")) - Decimal(Text(k!, "first")) + 1),
        };
    }

    private static async Task<JsonObject> Deficit(JsonObject given, Scene scene)
    {
        await scene.RuleWith("common/shortfall", ("yuanPerUnit", Number(given["penalty_rate"]!)));
        var (symbol, holder, had) = (await scene.Product(), await scene.Participant("320583"), Number(given["available"]!));
        await scene.Allocate(symbol, holder, had);
        await scene.Approved(await scene.Operator.Post("/api/v1/compliance-debits", new { participant = holder, symbol, quantity = (-Decimal(Number(given["net"]!))).ToString(CultureInfo.InvariantCulture), obligation = "示例", document = "示例" }));
        var missing = (await scene.Operator.Get($"/api/v1/shortfalls?participant={holder}"))["items"].AsArray();
        return new()
        {
            ["balance_change"] = Decimal(await scene.Held(holder, symbol)) - Decimal(had), ["penalty_units"] = missing.Count == 0 ? "0" : Text(missing[0]!, "missing"), ["penalty"] = missing.Count == 0 ? "0" : Text(missing[0]!, "penalty"),
        };
    }
}

using System.Globalization;
using System.Text.Json.Nodes;

namespace Trading.Acceptance.Register;

/// <summary>The examples of settlement: rights against money, and what it costs.</summary>
internal static partial class Translations
{
    private static async Task<JsonObject> Delivered(JsonObject given, Scene scene)
    {
        var symbol = await scene.Traded("0");
        var (people, users, states) = (new Dictionary<string, string>(StringComparer.Ordinal), new Dictionary<string, Client>(StringComparer.Ordinal), new JsonArray());
        foreach (var (name, cash) in given["cash"]!.AsObject())
        {
            people[name] = await scene.Participant("320583");
            users[name] = await scene.User(people[name], "enterprise");
            if (Number(given["units"]![name]!) is var units && units != "0") await scene.Allocate(symbol, people[name], units);
            if (decimal.Parse(Number(cash!), CultureInfo.InvariantCulture) > 0) await scene.Pay(people[name], Number(cash!));
        }

        foreach (var trade in given["trades"]!.AsArray().Select(t => t!.AsArray()))
        {
            var (id, seller, buyer, quantity, price) = (Number(trade[0]!), users[Number(trade[1]!)], users[Number(trade[2]!)], Number(trade[3]!), Number(trade[4]!));
            // Whatever each has outside the market goes in; whether it is enough is for the market to say.
            if (await seller.Holding(symbol) is { } held && held.GetValueOrDefault("available") is > 0 and var free) await seller.Earmark(symbol, free.ToString(CultureInfo.InvariantCulture));
            if ((await buyer.Funds())["available"] is > 0 and var money) await buyer.EarmarkMoney(money.ToString("0.00", CultureInfo.InvariantCulture));
            await seller.Order(id + "-sell", symbol, "sell", price, quantity);
            var bought = await buyer.Order(id + "-buy", symbol, "buy", price, quantity);
            if (bought.Word("status") != "filled")
            {
                states.Add(bought.Word("status"));
                continue;
            }

            var settled = (await Client.Eventually(() => buyer.Get("/api/v1/account/settlements"), s => s["items"].AsArray() is [{ } last, ..] && last["state"]!.GetValue<string>() == "settled", s => s.Text))["items"]![0]!;
            states.Add(settled["state"]!.GetValue<string>().ToUpperInvariant());
        }

        var (cashes, rights) = (new JsonObject(), new JsonObject());
        foreach (var (name, participant) in people)
        {
            cashes[name] = (await users[name].Funds())["total"].ToString("0.00", CultureInfo.InvariantCulture);
            rights[name] = await scene.Held(participant, symbol);
        }

        return new() { ["cash"] = cashes, ["units"] = rights, ["states"] = states };
    }

    private static async Task<JsonObject> Fees(JsonObject given, Scene scene)
    {
        var (symbol, amount) = (await scene.Traded(Number(given["fee_rate"]!)), Number(given["amount"]!));
        var (seller, buyer) = (await scene.Participant("320583"), await scene.Participant("320583"));
        var (selling, buying) = (await scene.User(seller, "enterprise"), await scene.User(buyer, "enterprise"));
        await scene.Allocate(symbol, seller, "1");
        await scene.Pay(buyer, "90000000.00");
        await selling.Earmark(symbol, "1");
        await buying.EarmarkMoney("90000000.00");
        await selling.Order("sell", symbol, "sell", amount, "1");
        await buying.Order("buy", symbol, "buy", amount, "1");
        async Task<string> Fee(Client one) => (await Client.Eventually(() => one.Get("/api/v1/account/settlements"), s => s["items"].AsArray().Count == 1, s => s.Text))["items"]![0]!["fee"]!.GetValue<string>();
        var (paid, taken) = (await Fee(buying), await Fee(selling));
        return new() { ["fee_each_side"] = paid == taken ? paid : $"{paid} and {taken}" };
    }

    /// <summary>The server stops and wakes when the time to pay has run out.</summary>
    private static async Task<JsonObject> Unpaid(JsonObject given)
    {
        await using var another = await Exchange.Open();
        var scene = await Scene.Open(another);
        var (deposit, won) = (decimal.Parse(Number(given["deposit"]!), CultureInfo.InvariantCulture), decimal.Parse(Number(given["won"]!), CultureInfo.InvariantCulture));
        var symbol = await scene.Product();
        var (seller, buyer) = (await scene.Participant("320583"), await scene.Participant("320583"));
        // The grade of the bidder makes his deposit less than the rate.
        var factor = decimal.Parse((await scene.Regulator.Get($"/api/v1/participants/{buyer}"))["credit"]!["depositFactor"]!.ToString(), CultureInfo.InvariantCulture);
        await scene.RuleWith("common/deposits", ("rate", (deposit / won / factor).ToString(CultureInfo.InvariantCulture)));
        var (selling, buying) = (await scene.User(seller, "enterprise"), await scene.User(buyer, "enterprise"));
        await scene.Allocate(symbol, seller, "1");
        await scene.Pay(buyer, Number(given["won"]!));
        var score = await Score();
        var lot = (await selling.Post("/api/v1/lots", new { symbol, quantity = "1", price = Number(given["won"]!), operation = "offer" })).Word("id");
        var laid = await buying.Post($"/api/v1/lots/{lot}/deposits");
        if (laid.Word("amount") != Number(given["deposit"]!)) throw new InvalidOperationException(laid.Text);
        await scene.Approved(await scene.Operator.Post($"/api/v1/lots/{lot}/award", new { participant = buyer, price = Number(given["won"]!), document = "示例" }));
        if (given["paid"]!.GetValue<bool>()) await buying.Post($"/api/v1/lots/{lot}/payment");
        await scene.Later(20);
        buying = await Client.SignIn(another, buyer, Scene.Password);
        if (!given["paid"]!.GetValue<bool>()) await Client.Eventually(() => scene.Operator.Get($"/api/v1/lots/{lot}"), l => l.Word("state") != "awarded", l => l.Text);
        return new()
        {
            ["buyer_deposit"] = (await buying.Get($"/api/v1/lots/{lot}/deposits"))["items"].AsArray().Single()!["state"]!.GetValue<string>().ToUpperInvariant(),
            ["lot"] = (await scene.Operator.Get($"/api/v1/lots/{lot}")).Word("state").ToUpperInvariant(),
            ["seller_units"] = await scene.Held(seller, symbol, "available") == "1" ? "RELEASED" : await scene.Held(seller, symbol),
            ["credit_points"] = await Score() - score,
        };

        async Task<int> Score() => int.Parse((await scene.Regulator.Get($"/api/v1/participants/{buyer}"))["standing"]!["creditScore"]!.ToString(), CultureInfo.InvariantCulture);
    }

    /// <summary>A day long past: what the bank said of it is held against the books as they are.</summary>
    private static async Task<JsonObject> Reconciled(JsonObject given, Scene scene)
    {
        const string Day = "2026-01-05";
        var (symbol, name) = (await scene.Traded("0"), given["ledger"]!.AsObject().Single().Key);
        var participant = await scene.Participant("320583");
        var user = await scene.User(participant, "enterprise");
        await scene.Allocate(symbol, participant, Number(given["registry"]![name]!));
        await user.Earmark(symbol, Number(given["trading"]![name]!));
        await scene.Pay(participant, Number(given["ledger"]![name]!));
        await scene.Operator.Post("/api/v1/bank/statements", new { number = participant, day = Day, lines = Array.Empty<object>(), balances = new[] { new { participant, amount = Number(given["bank"]![name]!) } } });
        var breaks = (await scene.Operator.Post("/api/v1/day-ends", new { day = Day }))["breaks"].AsArray().Where(b => b!["participant"]!.GetValue<string>() == participant).ToList();
        string Said(bool money) => breaks.Where(b => (b!["symbol"] is null) == money).Select(b => "BREAK " + b!["difference"]!.GetValue<string>()).FirstOrDefault() ?? "MATCH";
        // Whoever is blocked hears of it from the market.
        var open = "OPEN";
        if (breaks.Count > 0)
        {
            await Client.Eventually(() => user.Get("/api/v1/account/kill-switch"), s => s["blockedByAuthority"].GetValue<bool>(), s => s.Text);
            open = "BLOCKED_FOR_" + name;
        }

        return new() { ["units"] = Said(money: false), ["cash"] = Said(money: true), ["next_day_open"] = open };
    }
}

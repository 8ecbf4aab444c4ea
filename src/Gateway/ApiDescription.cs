using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Trading.Gateway;

/// <summary>What the endpoints do not say of themselves: whose API it is, how one signs in, and what stands under each heading.</summary>
internal static class ApiDescription
{
    private const string Bearer = "bearer";

    private static readonly Dictionary<string, string> Headings = new(StringComparer.Ordinal)
    {
        ["Account"] = "What is one's own: holdings, money, ways into the market and out, pledges, what waits for one's consent.",
        ["Allocations"] = "Allocation by plan, its correction and its buy-back: asked by one person, approved by another.",
        ["Bank"] = "What the settlement bank says and is told: statements, lines that wait for a person, payouts and their payment files, day ends.",
        ["Caps"] = "Total control of counties, year by year; everyone reads it.",
        ["Certificates"] = "Trade confirmations and holding certificates: issued once, verified by anybody who has the number.",
        ["Compliance"] = "Debits for compliance, and who came short.",
        ["Holds"] = "What is kept back outside the market, and why.",
        ["Market"] = "Instruments, books, trades, candles; no sign-in.",
        ["Orders"] = "Orders and what became of them; clientOrderId makes a repeat the same order.",
        ["Participants"] = "Who may hold and trade, and what is known of them.",
        ["Proposals"] = "What one person asked for and another decides.",
        ["Quotes"] = "May these two, and what would it cost: answers that change nothing.",
        ["Lots"] = "Lots outside the continuous market, and the deposits laid down for them.",
        ["Releases"] = "Sales by the government reserve.",
        ["Rules"] = "Dated rules; a command is judged by the version in force at its instant.",
        ["Serials"] = "Serial numbers and where they went.",
        ["Statements"] = "What an account had, what moved, and what it has: day by day.",
        ["Transfers"] = "What moves or ends outside the market.",
        ["Usage"] = "Readings of meters, and a year of them against the right.",
    };

    public static Task Complete(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken stop)
    {
        document.Info.Title = "Trading: an exchange for environmental rights";
        document.Info.Description =
            "Decimals are strings; times are RFC 3339 in UTC; lists answer {items, next}; refusals are RFC 9457 problems whose code stands in docs/codes.md. "
            + "A token comes from POST /connect/token (OAuth 2, grant_type=password or authorization_code with PKCE). "
            + "Moves into the market and out take the header Idempotency-Key; what has a field `operation` is made once by it.";
        document.Components ??= new();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Bearer, BearerFormat = "JWT", Description = "From POST /connect/token. Market data needs none." };
        (document.Security ??= []).Add(new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] });
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>()) tag.Description ??= Headings.GetValueOrDefault(tag.Name ?? "");
        return Task.CompletedTask;
    }
}

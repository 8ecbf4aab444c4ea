using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Net.Http.Headers;
using Trading.Matching.Contracts;
using Trading.Registry.Contracts;

namespace Trading.Gateway;

/// <summary>Problem details (RFC 9457) with code, title in the reader's language, rule, and the values compared.</summary>
internal static partial class Problems
{
    public static IResult Problem(Refused refused) => new Answer(refused);

    public static IResult Problem(string code, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var refused = Refused.Because(code, null);
        foreach (var (name, value) in values) refused = refused.With(name, value);
        return new Answer(refused);
    }

    /// <summary>The books count minimum units and fen; people read quantities and yuan.</summary>
    public static Refused InUnitsOf(this Refused refused, Instrument? instrument) => refused.Code switch
    {
        // Judged as decimals, where they were given.
        "TOO_MANY_DECIMALS" or "PRICE_BELOW_LIMIT" => refused,
        "POSITION_LIMIT" when instrument is not null => refused.Said(raw => Json.Text(instrument.Quantity(raw)), "would", "limit"),
        _ => refused.Said(raw => instrument is null ? Json.Yuan(raw) : Json.Text(instrument.Quantity(raw)), "needed", "available", "amount", "quantity", "standing", "shouldBe", "picked"),
    };

    /// <summary>The ledger of caps counts ten-thousandths of the legal unit; other refusals are as they were.</summary>
    public static Refused InUnitsOfCaps(this Refused refused) => refused.Code switch
    {
        "CAP_EXCEEDED" or "CAP_STRETCHED" or "SUPPLY_CAP" => refused.Said(Register.CapEndpoints.Quantity, "limit", "allocated", "reserve", "elastic", "quantity", "sold", "most"),
        _ => refused,
    };

    /// <summary>The named values, where they are whole numbers, in words for people.</summary>
    public static Refused Said(this Refused refused, Func<long, string> say, params string[] names) => refused with
    {
        Values = [.. refused.Values.Select(v => names.Contains(v.Key, StringComparer.Ordinal) && long.TryParse(v.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var raw) ? new KeyValuePair<string, string>(v.Key, say(raw)) : v)],
    };

    /// <summary>The same body for a missing object and for another's.</summary>
    public static IResult NotFound() => Problem("NOT_FOUND");

    public static bool PrefersChinese(HttpRequest request) =>
        !request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1).Select(l => l.Value.Value ?? "").FirstOrDefault("zh").StartsWith("en", StringComparison.OrdinalIgnoreCase);

    public static Task Write(HttpContext context, Refused refused)
    {
        var entry = CodeBook.Of(refused.Code);
        var body = Body(refused, PrefersChinese(context.Request));
        context.Response.StatusCode = entry.Status;
        context.Response.ContentType = "application/problem+json; charset=utf-8";
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        if (refused.Values.FirstOrDefault(v => v.Key == "seconds").Value is { } seconds && entry.Status == StatusCodes.Status429TooManyRequests) context.Response.Headers.RetryAfter = seconds;
        return context.Response.WriteAsync(body.ToJsonString(Json.Plain), context.RequestAborted);
    }

    public static JsonObject Body(Refused refused, bool inChinese)
    {
        var entry = CodeBook.Of(refused.Code);
        var values = new JsonObject();
        // A state is said in the word of the API, whoever compared it.
        foreach (var (name, value) in refused.Values) values[name] = name == "state" && value is [var first, ..] ? char.ToLowerInvariant(first) + value[1..] : value;
        return new JsonObject
        {
            ["type"] = $"/docs/codes#{entry.Code}",
            ["title"] = inChinese ? entry.Zh : entry.En,
            ["status"] = entry.Status,
            ["code"] = entry.Code,
            ["rule"] = refused.Rule ?? entry.Rule,
            ["values"] = values,
        };
    }

    /// <summary>Every answer without a body of its own, and every exception, becomes a problem in this one place.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(error => error.Run(context =>
        {
            var failed = context.Features.Get<IExceptionHandlerFeature>()!.Error;
            var refused = Of(failed);
            if (refused.Code == "INTERNAL_FAULT") Fault(context.RequestServices.GetRequiredService<ILogger<CodeEntry>>(), failed, context.Request.Path);
            return Write(context, refused);
        }));
        app.UseStatusCodePages(page => Write(page.HttpContext, Refused.Because(page.HttpContext.Response.StatusCode switch
        {
            401 => "UNAUTHENTICATED",
            403 => "FORBIDDEN",
            404 => "NOT_FOUND",
            405 => "METHOD_NOT_ALLOWED",
            413 => "BODY_TOO_LARGE",
            415 => "MEDIA_TYPE_NOT_SUPPORTED",
            429 => "SLOW_DOWN",
            >= 500 => "INTERNAL_FAULT",
            _ => "MALFORMED_REQUEST",
        }, null)));
    }

    public static Refused Of(Exception error) => error switch
    {
        RefusedException refused => refused.Refused,
        MarketUnavailableException { OutcomeUnknown: true } => Refused.Because("OUTCOME_UNKNOWN", null),
        MarketUnavailableException => Refused.Because("MARKET_UNAVAILABLE", null),
        BadHttpRequestException { StatusCode: 413 } => Refused.Because("BODY_TOO_LARGE", null),
        BadHttpRequestException wrong when Parameter().Match(wrong.Message) is { Success: true } parameter => Refused.Because(parameter.Groups["missing"].Success ? "FIELD_MISSING" : "FIELD_INVALID", null).With("path", parameter.Groups["name"].Value),
        BadHttpRequestException => Refused.Because("MALFORMED_REQUEST", null),
        Npgsql.NpgsqlException { IsTransient: true } or TimeoutException => Refused.Because("STORE_UNAVAILABLE", null),
        _ => Refused.Because("INTERNAL_FAULT", null),
    };

    /// <summary>As the framework says which parameter of an address is not there, or is none of its kind.</summary>
    [GeneratedRegex(@"^((?<missing>Required parameter)|Failed to bind parameter) \x22\S+ (?<name>\w+)\x22", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Parameter();

    [LoggerMessage(Level = LogLevel.Error, Message = "A fault of ours while answering {Path}")]
    private static partial void Fault(ILogger log, Exception failed, string path);

    private sealed class Answer(Refused refused) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Write(httpContext, refused);
    }
}

/// <summary>Input that is refused before anything happens; turned into a problem in <see cref="Problems"/>.</summary>
internal sealed class RefusedException(Refused refused) : Exception(refused.Code)
{
    public Refused Refused { get; } = refused;
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Trading.Web.Text;

namespace Trading.Web;

/// <summary>A refusal as the server says it (RFC 9457), in the reader's language.</summary>
public sealed record Problem(string? Title, int Status, string? Code, string? Rule, Dictionary<string, string>? Values);

/// <summary>What came of a call: a value, a refusal, or nothing that can be known.</summary>
/// <param name="Unknown">The call left and no answer came: it may have been carried out.</param>
public sealed record Answer<T>(T? Value, Problem? Problem, bool Unknown)
{
    public bool Ok => Problem is null && !Unknown;
}

/// <summary>The public API, spoken as any client would.</summary>
public sealed class Api(HttpClient http, Words words)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Header and token that prove our own page makes a change; set by the session.</summary>
    public (string Header, string Token)? Antiforgery { get; set; }

    public Task<Answer<T>> Get<T>(string path, CancellationToken stop = default) => Send<T>(HttpMethod.Get, path, null, stop);

    public Task<Answer<T>> Post<T>(string path, object? body = null, CancellationToken stop = default) => Send<T>(HttpMethod.Post, path, body, stop);

    /// <summary>A file as it is.</summary>
    public Task<Answer<T>> Upload<T>(string path, Stream file, string type, CancellationToken stop = default)
    {
        var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return Send<T>(HttpMethod.Post, path, content, stop);
    }

    public Task<Answer<T>> Delete<T>(string path, CancellationToken stop = default) => Send<T>(HttpMethod.Delete, path, null, stop);

    /// <summary>Items of a list; empty with the problem where there is one.</summary>
    public async Task<(IReadOnlyList<T> Items, Problem? Problem)> List<T>(string path, CancellationToken stop = default)
    {
        var answer = await Get<Page<T>>(path, stop);
        return (answer.Value?.Items ?? [], answer.Problem ?? (answer.Unknown ? NoConnection : null));
    }

    public Problem NoConnection => new(words["error.connection"], 0, null, null, null);

    private async Task<Answer<T>> Send<T>(HttpMethod method, string path, object? body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue(words.Language));
        if (body is not null) request.Content = body as HttpContent ?? JsonContent.Create(body, options: Json);
        if (method != HttpMethod.Get && Antiforgery is { } proof) request.Headers.Add(proof.Header, proof.Token);
        try
        {
            using var answer = await http.SendAsync(request, stop);
            if (answer.StatusCode == HttpStatusCode.NoContent) return new(default, null, false);
            if (answer.IsSuccessStatusCode) return new(await answer.Content.ReadFromJsonAsync<T>(Json, stop), null, false);
            var problem = await answer.Content.ReadFromJsonAsync<Problem>(Json, stop);
            return new(default, problem ?? NoConnection, problem?.Code is "OUTCOME_UNKNOWN");
        }
        catch (Exception failed) when (failed is HttpRequestException or TaskCanceledException or JsonException && !stop.IsCancellationRequested)
        {
            return new(default, method == HttpMethod.Get ? NoConnection : null, true);
        }
    }
}

public sealed record Page<T>(List<T> Items, string? Next);

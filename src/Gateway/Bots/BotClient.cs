using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Trading.Gateway.Bots;

/// <summary>The exchange is busy, or stops: whoever asked rests for a while.</summary>
internal sealed class BusyException(HttpStatusCode status) : Exception(((int)status).ToString(CultureInfo.InvariantCulture));

/// <summary>The public API as one signed-in user of it.</summary>
internal sealed class BotClient(HttpClient http, string name, string password)
{
    // Several floors share one member: it signs in once for all of them.
    private readonly Lock gate = new();
    private Task<string>? token;

    public string Name => name;

    /// <exception cref="BusyException">5xx or 429.</exception>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> Send(HttpMethod method, string path, object? body, CancellationToken stop)
    {
        for (var again = false; ; again = true)
        {
            var signedIn = SignIn(stop);
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await signedIn);
            if (body is not null) request.Content = JsonContent.Create(body, options: Json.Plain);
            using var answer = await http.SendAsync(request, stop);
            if (answer.StatusCode == HttpStatusCode.Unauthorized && !again)
            {
                // An hour has passed.
                Forget(signedIn);
                continue;
            }

            if ((int)answer.StatusCode is >= 500 or 429) throw new BusyException(answer.StatusCode);
            return (answer.StatusCode, answer.Content.Headers.ContentLength == 0 ? null : await Read(answer, stop));
        }
    }

    public async Task<JsonNode?> Get(string path, CancellationToken stop) => await Send(HttpMethod.Get, path, null, stop) is (HttpStatusCode.OK, var body) ? body : null;

    private static async Task<JsonNode?> Read(HttpResponseMessage answer, CancellationToken stop)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync<JsonNode>(stop);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Forget(Task<string> old)
    {
        lock (gate)
        {
            if (ReferenceEquals(token, old)) token = null;
        }
    }

    private Task<string> SignIn(CancellationToken stop)
    {
        lock (gate)
        {
            if (token is null or { IsFaulted: true } or { IsCanceled: true }) token = Ask(stop);
            return token;
        }
    }

    private async Task<string> Ask(CancellationToken stop)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "password", ["username"] = name, ["password"] = password });
        using var answer = await http.PostAsync(new Uri("/connect/token", UriKind.Relative), form, stop);
        if (!answer.IsSuccessStatusCode) throw new BusyException(answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(stop))!["access_token"]!.GetValue<string>();
    }
}

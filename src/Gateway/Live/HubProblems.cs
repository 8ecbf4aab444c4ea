using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace Trading.Gateway.Live;

/// <summary>Whom a method of the hub admits: a policy, or everyone where none is named. A method without it admits nobody.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AdmitsAttribute(string? policy = null) : Attribute
{
    public string? Policy { get; } = policy;
}

/// <summary>
/// The one door of the hub: what REST answers as a problem, it throws with the same problem as its text, and a refusal is at most a line in the log. The
/// library's own check of policies comes before any filter and answers in words of its own, so that the policy is asked here.
/// </summary>
internal sealed partial class HubProblems(IAuthorizationService policies, ILogger<HubProblems> log) : IHubFilter
{
    public const int StreamsMost = 64;
    private static readonly object Streams = new();

    private sealed class Count
    {
        public int Open;
    }

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            await Admit(invocationContext);
            var result = await next(invocationContext);
            return result is IAsyncEnumerable<RawJson> frames ? Telling(frames, invocationContext) : result;
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            throw Told(failed, invocationContext);
        }
    }

    private async Task Admit(HubInvocationContext context)
    {
        var admits = context.HubMethod.GetCustomAttribute<AdmitsAttribute>() ?? throw Json.No("FORBIDDEN");
        if (admits.Policy is not { } policy) return;
        var user = context.Context.User;
        if (user?.Identity?.IsAuthenticated != true) throw Json.No("UNAUTHENTICATED");
        if (!(await policies.AuthorizeAsync(user, policy)).Succeeded) throw Json.No("FORBIDDEN");
    }

    private async IAsyncEnumerable<RawJson> Telling(IAsyncEnumerable<RawJson> frames, HubInvocationContext context, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var count = CountOf(context.Context);
        try
        {
            if (Interlocked.Increment(ref count.Open) > StreamsMost) throw Told(Json.No("TOO_MANY_STREAMS"), context);
            await using var reader = frames.GetAsyncEnumerator(stop);
            while (true)
            {
                try
                {
                    if (!await reader.MoveNextAsync()) yield break;
                }
                catch (Exception failed) when (failed is not OperationCanceledException)
                {
                    throw Told(failed, context);
                }

                yield return reader.Current;
            }
        }
        finally
        {
            Interlocked.Decrement(ref count.Open);
        }
    }

    private static Count CountOf(HubCallerContext connection)
    {
        lock (connection.Items)
        {
            if (connection.Items.TryGetValue(Streams, out var there)) return (Count)there!;
            var made = new Count();
            connection.Items[Streams] = made;
            return made;
        }
    }

    private HubException Told(Exception failed, HubInvocationContext context)
    {
        var refused = Problems.Of(failed);
        if (refused.Code == "INTERNAL_FAULT") Fault(log, failed, context.HubMethodName);
        else Refusal(log, context.HubMethodName, refused.Code);
        return new(Problems.Body(refused, context.Context.GetHttpContext() is not { } http || Problems.PrefersChinese(http.Request)).ToJsonString(Json.Plain));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A fault of ours while answering {Method} of the hub")]
    private static partial void Fault(ILogger log, Exception failed, string method);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} of the hub was refused: {Code}")]
    private static partial void Refusal(ILogger log, string method, string code);
}

namespace Trading.Web;

/// <summary>Who is signed in, by the cookie that scripts cannot read.</summary>
public sealed class Session(Api api, TimeProvider time)
{
    public User? User { get; private set; }

    public bool Demo { get; private set; }

    /// <summary>How far the server's clock is ahead of this browser's.</summary>
    public TimeSpan ClockAhead { get; private set; }

    public bool Trades => User is { Role: "enterprise" or "county" };

    public bool Confirms => User is { Role: "county" or "regulator" };

    public bool Supervises => User is { Role: "regulator" or "operator" };

    /// <summary>Sees the parties of every trade, and orders what an operator carries out.</summary>
    public bool Regulates => User is { Role: "regulator" };

    /// <summary>Runs the exchange; a regulator watches over it.</summary>
    public bool Operates => User is { Role: "operator" };

    public async Task Load()
    {
        var answer = await api.Get<SessionState>("/api/v1/session");
        if (answer.Value is not { } state) return;
        (User, Demo) = (state.User, state.Demo);
        ClockAhead = state.Now - time.GetUtcNow();
        api.Antiforgery = (state.Antiforgery.Header, state.Antiforgery.Token);
    }

    public Task SignOut() => api.Post<object>("/signout");
}

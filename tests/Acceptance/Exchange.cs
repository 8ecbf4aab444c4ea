using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Trading.Acceptance;

/// <summary>The built server as a process of its own, on its own folder, seen from outside only.</summary>
internal sealed class Exchange : IAsyncDisposable
{
    public static readonly string Server = typeof(Exchange).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Server").Value!;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);

    private readonly string[] arguments;
    private readonly ConcurrentQueue<string> said = new();
    private Process? process;
    private bool isDemo;
    private string[] ahead = [];
    private Dictionary<string, string> environment = [];

    private Exchange(string folder, string[] arguments)
    {
        Folder = folder;
        Address = new($"http://127.0.0.1:{FreePort()}");
        this.arguments = arguments;
        Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(30) }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(20) };
    }

    public string Folder { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public TimeSpan StartTook { get; private set; }

    /// <summary>Memory the server holds now.</summary>
    public long ResidentBytes
    {
        get
        {
            process!.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>What the server has written, for the text of a failure.</summary>
    public string Said => string.Join('\n', said.TakeLast(40).Select(line => line.Length > 400 ? line[..400] + "…" : line));

    /// <summary>How many lines it has written.</summary>
    public int Lines => said.Count;

    public int Pid => process!.Id;

    public int ExitCode => process!.ExitCode;

    /// <summary>How many of the lines after the first so many hold these words.</summary>
    public int SaidAfter(int lines, string words) => said.Skip(lines).Count(line => line.Contains(words, StringComparison.Ordinal));

    public static Task<Exchange> OpenEmpty() => Open(demo: false, []);

    public static Task<Exchange> Open(params string[] more) => Open(demo: true, more);

    /// <summary>Beside another server, on the same store: up, and waiting for the lead.</summary>
    public static Task<Exchange> StandBy(params string[] more) => Open(demo: true, more, standsBy: true);

    /// <summary>With configuration from the environment.</summary>
    public static Task<Exchange> OpenWith(Dictionary<string, string> environment) => Open(demo: true, [], environment);

    private static async Task<Exchange> Open(bool demo, string[] more, Dictionary<string, string>? environment = null, bool standsBy = false)
    {
        var exchange = new Exchange(Directory.CreateTempSubdirectory("trading-acceptance-").FullName, more) { isDemo = demo, environment = environment ?? [] };
        try
        {
            await exchange.Start(standsBy);
        }
        catch
        {
            await exchange.DisposeAsync();
            throw;
        }

        return exchange;
    }

    public async Task Start(bool standsBy = false)
    {
        var watch = Stopwatch.StartNew();
        process = Begin();
        await Answers(standsBy ? "/health/live" : "/health/ready", watch);
        StartTook = watch.Elapsed;
    }

    /// <summary>As the unit that runs it in production does: 75 says "start me again" (a starved machine lost it the lease).</summary>
    public async Task StartAndStartAgain()
    {
        var watch = Stopwatch.StartNew();
        process = Begin();
        while (true)
        {
            try
            {
                await Answers("/health/ready", watch);
                StartTook = watch.Elapsed;
                return;
            }
            catch (InvalidOperationException) when (process.HasExited && process.ExitCode == 75)
            {
                Console.WriteLine("the server ended with 75 before it was ready and is started again");
                process = Begin();
            }
        }
    }

    private Process Begin() => Launch(["serve", "--data", Folder, "--urls", Address.ToString().TrimEnd('/'), .. isDemo ? (string[])["--demo"] : [], .. ahead, .. arguments]);

    /// <summary>Returns when this server takes orders.</summary>
    public Task Leads() => Answers("/health/ready", Stopwatch.StartNew());

    private async Task Answers(string path, Stopwatch watch)
    {
        while (true)
        {
            if (process!.HasExited) throw new InvalidOperationException($"the server ended with {process.ExitCode} before it was ready:\n{Said}");
            if (watch.Elapsed > ReadyWithin) throw new TimeoutException($"not ready after {watch.Elapsed.TotalSeconds:0} s:\n{Said}");
            try
            {
                using var ready = await Http.GetAsync(path);
                if (ready.StatusCode == HttpStatusCode.OK) return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>STOP and CONT: what an overloaded or paused machine does to a process.</summary>
    public void Signal(string name)
    {
        using var signal = Process.Start("kill", [$"-{name}", process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        signal.WaitForExit();
    }

    /// <summary>Runs a verb to its end.</summary>
    public static Task<(int Exit, string Said)> Run(params string[] verb) => RunWith([], verb);

    /// <summary>Runs a verb with something else in its environment.</summary>
    public static async Task<(int Exit, string Said)> RunWith(Dictionary<string, string> environment, params string[] verb)
    {
        var lines = new ConcurrentQueue<string>();
        using var run = Launch(verb, lines.Enqueue, environment);
        await run.WaitForExitAsync();
        return (run.ExitCode, string.Join('\n', lines));
    }

    /// <summary>Brings in a file of these lines, the first of them its heading, as an installation does.</summary>
    public async Task Import(string kind, params string[] lines)
    {
        var file = Path.Combine(Folder, $"{kind}-{Guid.NewGuid():N}.csv");
        await File.WriteAllLinesAsync(file, lines);
        var (exit, said) = await Run("import", kind, file, "--data", Folder);
        if (exit != 0) throw new InvalidOperationException(said);
    }

    public Task<(int Exit, string Said)> Verify() => Run(["verify", "--data", Folder, .. arguments is ["--postgres", ..] ? arguments : []]);

    public void KillServer()
    {
        process!.Kill();
        process.WaitForExit();
    }

    /// <summary>kill -9 of the private PostgreSQL's first process, by the pid it wrote itself.</summary>
    public void KillPostgres()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "postmaster.pid", SearchOption.AllDirectories))
        {
            using var postgres = Process.GetProcessById(int.Parse(File.ReadLines(file).First(), System.Globalization.CultureInfo.InvariantCulture));
            postgres.Kill();
        }
    }

    public bool HasExited => process!.HasExited;

    public async Task WaitForExit(TimeSpan atMost)
    {
        using var over = new CancellationTokenSource(atMost);
        try
        {
            await process!.WaitForExitAsync(over.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"the server still runs after {atMost.TotalSeconds:0} s:\n{Said}", late);
        }
    }

    public async Task Stop()
    {
        if (process is null || process.HasExited) return;
        using (var signal = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await signal.WaitForExitAsync();
        await WaitForExit(TimeSpan.FromSeconds(30));
    }

    /// <summary>Stops and starts with the exchange's clock so many days ahead.</summary>
    public async Task StartLater(int days)
    {
        await Stop();
        ahead = ["--days-ahead", days.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        await Start();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        process?.Dispose();
        Http.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private Process Launch(string[] verb) => Launch(verb, said.Enqueue, environment);

    private static Process Launch(string[] verb, Action<string> hear, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        start.ArgumentList.Add(Server);
        foreach (var word in verb) start.ArgumentList.Add(word);
        var launched = Process.Start(start)!;
        launched.OutputDataReceived += (_, line) => Hear(line.Data);
        launched.ErrorDataReceived += (_, line) => Hear(line.Data);
        launched.BeginOutputReadLine();
        launched.BeginErrorReadLine();
        return launched;

        void Hear(string? line)
        {
            if (line is not null) hear(line);
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

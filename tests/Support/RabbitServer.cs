using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Trading.Support;

/// <summary>
/// A private RabbitMQ of the machine's own package: its own folder, node name, ports and epmd, on loopback only. The environment is that of its
/// processes alone. It can be killed, wiped and started again on the same ports.
/// </summary>
public sealed class RabbitServer : IAsyncDisposable
{
    private const string Bin = "/usr/lib/rabbitmq/bin";
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(90);

    private readonly string folder = Directory.CreateTempSubdirectory("trading-rabbit-").FullName;
    private readonly int port = FreePort();
    private readonly int dist = FreePort();
    private readonly int epmd = FreePort();
    private readonly string node;
    private readonly string[] settings;
    private Process? server;

    private RabbitServer(string[] settings) => (this.settings, node) = (settings, string.Create(CultureInfo.InvariantCulture, $"t{port}@localhost"));

    public int Port => port;

    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@127.0.0.1:{port}/"));

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Missing => File.Exists(Path.Combine(Bin, "rabbitmq-server")) ? null : "RabbitMQ is not installed on this machine (apt: rabbitmq-server)";

    /// <param name="settings">Lines of its rabbitmq.conf beyond the usual ones.</param>
    public static async Task<RabbitServer> Open(params string[] settings)
    {
        var rabbit = new RabbitServer(settings);
        try
        {
            await rabbit.Start();
        }
        catch
        {
            await rabbit.DisposeAsync();
            throw;
        }

        return rabbit;
    }

    public async Task Start()
    {
        foreach (var name in (string[])["mnesia", "log", "home"]) Directory.CreateDirectory(Path.Combine(folder, name));
        await File.WriteAllTextAsync(Path.Combine(folder, "enabled_plugins"), "[].\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "rabbit.conf"), $"loopback_users.guest = true\ndisk_free_limit.absolute = 100MB\n{string.Concat(settings.Select(line => line + "\n"))}");
        server = Launch("rabbitmq-server");
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < ReadyWithin)
        {
            if (server.HasExited) throw new InvalidOperationException($"RabbitMQ ended with {server.ExitCode}; its log is in {folder}/log");
            if (await Ready()) return;
            await Task.Delay(200);
        }

        throw new TimeoutException($"RabbitMQ was not ready after {ReadyWithin.TotalSeconds:0} s; its log is in {folder}/log");
    }

    /// <summary>kill -9, as a machine would lose it.</summary>
    public void Kill()
    {
        server!.Kill(entireProcessTree: true);
        server.WaitForExit();
    }

    /// <summary>Everything it ever knew is gone.</summary>
    public void Wipe()
    {
        Directory.Delete(Path.Combine(folder, "mnesia"), recursive: true);
    }

    /// <summary>Runs rabbitmqctl to its end.</summary>
    public async Task<string> Ctl(params string[] words)
    {
        using var ctl = Launch("rabbitmqctl", ["--node", node, .. words]);
        var said = await ctl.StandardOutput.ReadToEndAsync() + await ctl.StandardError.ReadToEndAsync();
        await ctl.WaitForExitAsync();
        return ctl.ExitCode == 0 ? said : throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', words)}: {said}");
    }

    /// <summary>Every queue it has now, in no order.</summary>
    public async Task<IReadOnlyList<Queue>> Queues() =>
        [.. (await Ctl("--quiet", "--no-table-headers", "list_queues", "name", "type", "messages", "consumers")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))
            .Select(q => new Queue(q[0], q[1], int.Parse(q[2], CultureInfo.InvariantCulture), int.Parse(q[3], CultureInfo.InvariantCulture)))];

    /// <param name="Type">quorum, stream or classic.</param>
    /// <param name="Messages">Ready and given out, not acknowledged.</param>
    public sealed record Queue(string Name, string Type, int Messages, int Consumers);

    public async ValueTask DisposeAsync()
    {
        if (server is { HasExited: false }) Kill();
        server?.Dispose();
        // Its epmd serves this node alone and ends with it.
        using (var names = Process.Start(new ProcessStartInfo("epmd", ["-port", epmd.ToString(CultureInfo.InvariantCulture), "-kill"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, Environment = { ["ERL_EPMD_RELAXED_COMMAND_CHECK"] = "1" } })!)
            await names.WaitForExitAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>It speaks AMQP: a protocol header is answered.</summary>
    private async Task<bool> Ready()
    {
        try
        {
            using var client = new TcpClient();
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await client.ConnectAsync(IPAddress.Loopback, port, soon.Token);
            await client.GetStream().WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), soon.Token);
            return await client.GetStream().ReadAsync(new byte[8], soon.Token) == 8;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private Process Launch(string program, params string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(Bin, program), words) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = Path.Combine(folder, "home"), ["RABBITMQ_BASE"] = folder, ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"), ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_NODENAME"] = node, ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1", ["RABBITMQ_NODE_PORT"] = port.ToString(CultureInfo.InvariantCulture), ["RABBITMQ_DIST_PORT"] = dist.ToString(CultureInfo.InvariantCulture),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbit.conf"), ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"), ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1", ["ERL_EPMD_PORT"] = epmd.ToString(CultureInfo.InvariantCulture), ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
        })
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        if (program == "rabbitmqctl") return process;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

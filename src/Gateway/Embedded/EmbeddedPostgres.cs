using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Trading.Embedded;

/// <summary>The private PostgreSQL cannot be brought up; the message says what a person can do.</summary>
public sealed class EmbeddedPostgresException(string message) : Exception(message);

/// <summary>Another server works on the same data.</summary>
public sealed class DataInUseException(string folder) : Exception($"another server already runs on the data in {folder}; stop it first, or give this one another --data");

/// <summary>
/// A private PostgreSQL beside the data: made at the first start, on loopback with a password of its own, stopped with the server. After a
/// kill -9 of the server it may still run: it is adopted then; after a kill -9 of itself its log recovers it.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const int OldestMajor = 15;
    private const string Database = "trading";
    private const string User = "trading";
    /// <summary>What the kernel says of a lock that another holds (EWOULDBLOCK).</summary>
    private const int WouldBlock = 11;
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ChildrenEndWithin = TimeSpan.FromSeconds(15);

    private readonly FileStream folderLock;
    private readonly string programs;
    private readonly string clusterFolder;

    private EmbeddedPostgres(FileStream folderLock, string programs, string clusterFolder, string connectionString) =>
        (this.folderLock, this.programs, this.clusterFolder, ConnectionString) = (folderLock, programs, clusterFolder, connectionString);

    public string ConnectionString { get; }

    /// <param name="data">Folder of the server's data; made where it is missing.</param>
    /// <param name="say">Hears what is being done.</param>
    /// <exception cref="DataInUseException">Another server holds the folder.</exception>
    /// <exception cref="EmbeddedPostgresException">No PostgreSQL on this machine, or it would not start.</exception>
    public static async Task<EmbeddedPostgres> Start(string data, Action<string> say, CancellationToken stop)
    {
        var folder = Directory.CreateDirectory(data).FullName;
        var held = Hold(folder);
        try
        {
            var binaries = Binaries();
            var cluster = Path.Combine(folder, "postgres");
            var passwordFile = Path.Combine(folder, "postgres.password");
            if (!File.Exists(Path.Combine(cluster, "PG_VERSION")) || !File.Exists(passwordFile)) await Initialise(binaries, cluster, passwordFile, say, stop);
            var password = (await File.ReadAllTextAsync(passwordFile, stop)).Trim();
            var port = await Adopted(cluster, password, stop);
            if (port is null)
            {
                port = await StartFresh(binaries, cluster, stop);
            }
            else
            {
                say($"adopted the PostgreSQL that still ran on port {port}");
            }

            var connectionString = Address(port.Value, password, Database);
            await MakeDatabase(port.Value, password, stop);
            return new(held, binaries, cluster, connectionString);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>There is a PostgreSQL in this folder, running or not.</summary>
    public static bool Holds(string data) => File.Exists(Path.Combine(data, "postgres", "PG_VERSION")) && File.Exists(Path.Combine(data, "postgres.password"));

    /// <summary>Address of the PostgreSQL that runs on this data now, for a reader beside the server; null when none answers.</summary>
    public static async Task<string?> Running(string data, CancellationToken stop)
    {
        var (cluster, passwordFile) = (Path.Combine(data, "postgres"), Path.Combine(data, "postgres.password"));
        if (!File.Exists(passwordFile)) return null;
        var password = (await File.ReadAllTextAsync(passwordFile, stop)).Trim();
        return await Adopted(cluster, password, stop) is { } port ? Address(port, password, Database) : null;
    }

    public ValueTask DisposeAsync() => Stop("fast");

    /// <summary>Ends it without writing anything more: for data that is thrown away.</summary>
    public ValueTask Abandon() => Stop("immediate");

    private async ValueTask Stop(string mode)
    {
        try
        {
            await Run(programs, "pg_ctl", CancellationToken.None, "stop", "-D", clusterFolder, "-m", mode, "-w", "-t", Seconds(StartWithin));
        }
        catch (EmbeddedPostgresException) when (!File.Exists(Path.Combine(clusterFolder, "postmaster.pid")))
        {
            // It ended before us.
        }
        catch (EmbeddedPostgresException) when (mode != "immediate")
        {
            // A machine so busy that its last checkpoint takes too long: what is committed is in its log, and the next start reads it from there.
            await Stop("immediate");
            return;
        }
        catch (EmbeddedPostgresException)
        {
            // Told twice and not gone: nothing more can be done from here.
        }

        NpgsqlConnection.ClearAllPools();
        await folderLock.DisposeAsync();
    }

    /// <summary>The lock is the kernel's (flock) and goes with the process, however that ends.</summary>
    private static FileStream Hold(string folder)
    {
        try
        {
            return new(Path.Combine(folder, "server.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            throw new DataInUseException(folder);
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"the data in {folder} cannot be written: {closed.Message}");
        }
    }

    private static string Binaries()
    {
        const string Root = "/usr/lib/postgresql";
        var best = (Directory.Exists(Root) ? Directory.EnumerateDirectories(Root) : [])
            .Select(path => (Path: System.IO.Path.Combine(path, "bin"), Major: int.TryParse(System.IO.Path.GetFileName(path), CultureInfo.InvariantCulture, out var major) ? major : 0))
            .Where(found => found.Major >= OldestMajor && File.Exists(System.IO.Path.Combine(found.Path, "initdb")))
            .OrderByDescending(found => found.Major)
            .FirstOrDefault();
        return best.Path ?? throw new EmbeddedPostgresException(
            $"PostgreSQL {OldestMajor} or newer is needed and was not found; install it with 'sudo apt-get install postgresql', or name a server with --postgres");
    }

    private static async Task Initialise(string binaries, string cluster, string passwordFile, Action<string> say, CancellationToken stop)
    {
        say("making a private PostgreSQL beside the data");
        // What a start that was cut off left behind holds nothing yet: the password is written last.
        if (Directory.Exists(cluster)) Directory.Delete(cluster, recursive: true);
        Directory.CreateDirectory(cluster);
        File.SetUnixFileMode(cluster, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var fresh = passwordFile + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using (var writer = new StreamWriter(fresh, options)) await writer.WriteLineAsync(Convert.ToHexString(RandomNumberGenerator.GetBytes(24)));
        if (Environment.IsPrivilegedProcess) await Run("chown", stop, "-R", "postgres:postgres", cluster);
        await Run(binaries, "initdb", stop, "-D", cluster, "-U", User, "--auth=scram-sha-256", $"--pwfile={fresh}", "-E", "UTF8", "--locale=C.UTF-8");
        File.Move(fresh, passwordFile, overwrite: true);
    }

    /// <summary>Port of the PostgreSQL that runs on this cluster and lets us in; null when none does.</summary>
    private static async Task<int?> Adopted(string cluster, string password, CancellationToken stop)
    {
        var pidFile = Path.Combine(cluster, "postmaster.pid");
        if (!File.Exists(pidFile)) return null;
        var lines = await File.ReadAllLinesAsync(pidFile, stop);
        if (lines.Length < 4 || !int.TryParse(lines[3], CultureInfo.InvariantCulture, out var port)) return null;
        if (!Directory.Exists($"/proc/{lines[0].Trim()}")) return null;
        // It may be starting up, or just going down.
        for (var tries = 0; tries < 50; tries++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Address(port, password, "postgres"));
                await connection.OpenAsync(stop);
                return port;
            }
            catch (PostgresException starting) when (starting.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
            }
            catch (NpgsqlException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>After a kill -9 its children hold the memory for a moment longer, and PostgreSQL rightly refuses to start beside them.</summary>
    private static async Task<int> StartFresh(string binaries, string cluster, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var port = FreePort();
            try
            {
                await Run(binaries, "pg_ctl", stop, "start", "-D", cluster, "-l", Path.Combine(cluster, "server.log"), "-w", "-t", Seconds(StartWithin),
                    "-o", $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=256MB -c max_connections=200");
                return port;
            }
            catch (EmbeddedPostgresException) when (watch.Elapsed < ChildrenEndWithin)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), stop);
            }
        }
    }

    private static async Task MakeDatabase(int port, string password, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(Address(port, password, "postgres"));
        await connection.OpenAsync(stop);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = Database } } };
        if (await exists.ExecuteScalarAsync(stop) is not null) return;
        await using var make = new NpgsqlCommand($"create database {Database}", connection);
        await make.ExecuteNonQueryAsync(stop);
    }

    private static string Address(int port, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1", Port = port, Username = User, Password = password, Database = database, IncludeErrorDetail = false, MaxPoolSize = 60,
    }.ConnectionString;

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// PostgreSQL refuses to run as root; its own user then runs it, with the two capabilities that let it through a parent folder closed to
    /// all but root.
    /// </summary>
    private static Task Run(string binaries, string program, CancellationToken stop, params string[] arguments)
    {
        var path = Path.Combine(binaries, program);
        return Environment.IsPrivilegedProcess
            ? Run("setpriv", stop, ["--reuid=postgres", "--regid=postgres", "--init-groups", "--inh-caps=+dac_override,+dac_read_search",
                "--ambient-caps=+dac_override,+dac_read_search", path, .. arguments])
            : Run(path, stop, arguments);
    }

    private static async Task Run(string path, CancellationToken stop, params string[] arguments)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start) ?? throw new EmbeddedPostgresException($"{path} did not start");
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
        await process.WaitForExitAsync(stop);
        if (process.ExitCode != 0) throw new EmbeddedPostgresException($"{Path.GetFileName(path)} ended with {process.ExitCode}: {string.Join(' ', await said).Trim()}");
    }
}

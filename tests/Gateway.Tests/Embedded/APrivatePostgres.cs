using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Trading.Embedded;

namespace Trading.Gateway.Tests.Embedded;

[Trait("layer", "integration")]
public sealed class APrivatePostgres : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    /// <summary>Closed to everyone but its owner, as /root and mktemp -d are.</summary>
    private readonly string parent = Directory.CreateTempSubdirectory("trading-0700-").FullName;
    private readonly List<string> said = [];

    private string Data => Path.Combine(parent, "data");

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Fact]
    public async Task Starts_below_a_closed_folder_and_keeps_its_data()
    {
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(parent));
        await using (var first = await Start()) await Execute(first.ConnectionString, "create table kept (n int); insert into kept values (7)");
        Assert.Null(await EmbeddedPostgres.Running(Data, Stop));
        await using var second = await Start();
        Assert.Equal(7, await Scalar(second.ConnectionString, "select n from kept"));
        Assert.Single(said, line => line.Contains("making", StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "postgres.password")));
    }

    [Fact]
    public async Task Never_turns_durability_off_and_lets_nobody_in_without_its_password()
    {
        await using var postgres = await Start();
        foreach (var setting in (string[])["fsync", "full_page_writes", "synchronous_commit"]) Assert.Equal("on", await Scalar(postgres.ConnectionString, $"show {setting}"));
        var stranger = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guessed" }.ConnectionString;
        await Assert.ThrowsAsync<PostgresException>(() => Scalar(stranger, "select 1"));
        Assert.Equal("127.0.0.1", await Scalar(postgres.ConnectionString, "show listen_addresses"));
    }

    [Fact]
    public async Task Belongs_to_one_server_at_a_time()
    {
        await using var first = await Start();
        var refused = await Assert.ThrowsAsync<DataInUseException>(() => EmbeddedPostgres.Start(Data, said.Add, Stop));
        Assert.Contains(Path.GetFullPath(Data), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recovers_after_a_kill_of_its_own()
    {
        await using (var first = await Start())
        {
            await Execute(first.ConnectionString, "create table kept (n int); insert into kept values (7)");
            using var postgres = Process.GetProcessById(int.Parse(File.ReadLines(Path.Combine(Data, "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture));
            postgres.Kill();
        }

        await using var second = await Start();
        Assert.Equal(7, await Scalar(second.ConnectionString, "select n from kept"));
    }

    private Task<EmbeddedPostgres> Start() => EmbeddedPostgres.Start(Data, said.Add, Stop);

    private static async Task Execute(string connection, string sql) => await Scalar(connection, sql);

    private static async Task<object?> Scalar(string connection, string sql)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Stop);
    }
}

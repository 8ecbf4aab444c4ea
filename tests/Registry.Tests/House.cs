using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Support;

namespace Trading.Registry.Tests;

/// <summary>The register on a real PostgreSQL of its own, with the rules of the demonstration and nobody in it.</summary>
internal sealed class House : IAsyncDisposable
{
    public static readonly Actor Clerk = new("operator", "operator"), Regulator = new("regulator", "regulator");
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private readonly List<ServiceProvider> processes = [];
    private int firms;

    private House(NpgsqlDataSource database, FakeClock clock) => (Database, Clock) = (database, clock);

    public NpgsqlDataSource Database { get; }
    public FakeClock Clock { get; }

    public static async Task<House> Open()
    {
        var connection = await (await PostgresServer.Shared()).CreateDatabase("registry");
        await RegistrySchema.Upgrade(connection);
        var house = new House(NpgsqlDataSource.Create(connection), new FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30)));
        house.Another();
        Assert.Null((await RuleFiles.Load(house.The<IRules>(), RuleFiles.Demo, Stop)).Refused);
        return house;
    }

    public T The<T>() where T : notnull => processes[0].GetRequiredService<T>();

    /// <summary>A process beside the first, on the same database.</summary>
    public ServiceProvider Another()
    {
        processes.Add(new ServiceCollection().AddSingleton(Database).AddSingleton<IClock>(Clock).AddRegistry().BuildServiceProvider());
        return processes[^1];
    }

    /// <summary>Accounts are numbered from 1 in the order in which they are opened.</summary>
    public async Task Firm(string id, ParticipantKind kind = ParticipantKind.Enterprise, string region = "320583")
    {
        var body = string.Create(CultureInfo.InvariantCulture, $"91320583MA1A{++firms:00000}");
        Assert.Null((await The<IRegister>().Register(new Application(id, body + CreditCode.CheckCharacter(body), "单位", "Unit", kind, region, "Taihu"), Clerk, Stop)).Refused);
    }

    /// <summary>Instruments too.</summary>
    public async Task Right(string symbol, RightClass right, LocalDate validThrough)
    {
        var product = right == RightClass.Pollutant
            ? new Product(symbol, "化学需氧量", "COD", right, "COD", "Taihu", null, "t/a", 3, VenueMode.Operate, "2026", validThrough)
            : new Product(symbol, "用能权", "Energy", right, null, null, null, "tce", 0, VenueMode.Operate, "2026", validThrough);
        Assert.Null((await The<IRegister>().Register(product, Clerk, Stop)).Refused);
    }

    /// <summary>What an operator asks.</summary>
    public async Task<Proposal> Proposed(string kind, object body)
    {
        var (proposal, refused) = await The<IProposals>().Propose(kind, JsonSerializer.Serialize(body), "文件", Clerk, Stop);
        Assert.Null(refused);
        return proposal!;
    }

    /// <summary>What a regulator approves.</summary>
    public async Task<Proposal> Approved(Proposal asked)
    {
        Assert.Null((await The<IProposals>().Decide(asked.Id, true, null, Regulator, Stop)).Refused);
        return asked;
    }

    public async Task Holds() => Assert.All(await The<IRegistryVerification>().Verify(Stop), check => Assert.Empty(check.Broken));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes) await process.DisposeAsync();
        await Database.DisposeAsync();
    }
}

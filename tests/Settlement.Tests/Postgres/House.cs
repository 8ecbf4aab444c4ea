using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Matching;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Registry;
using Trading.Registry.Contracts;
using Trading.Settlement.Contracts;
using Trading.Settlement.Ledger;
using Trading.Support;

namespace Trading.Settlement.Tests.Postgres;

/// <summary>The real market, register and settlement on a real PostgreSQL. The settler steps when the test says so, unless the whole house runs.</summary>
internal sealed class House : IAsyncDisposable
{
    public const int Steel = 1, Textile = 2, Power = 3;
    public const int Carbon = 1, Cod = 2, Energy = 3;
    public static readonly Actor Clerk = new("operator", "operator"), Second = new("operator2", "operator");

    /// <summary>With the organisation he acts for, which nothing stores: verify finds an event that does.</summary>
    public static readonly Actor County = new("kunshan", "county", "kunshan");
    public static FreezeWarrant Warrant(string document, LocalDate? from = null, LocalDate? until = null) => new(FreezeKind.Judicial, "court", "judge", document, null, from, until);

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static int houses;

    private readonly IHost host;
    private ILease? lease;

    private House(IHost host, NpgsqlDataSource database, FakeClock clock, Breaking commit) => (this.host, Database, Clock, Commit) = (host, database, clock, commit);

    public NpgsqlDataSource Database { get; }
    public FakeClock Clock { get; }
    public Breaking Commit { get; }
    public ICustody Custody => The<ICustody>();
    public IFunds Funds => The<IFunds>();
    public IListings Listings => The<IListings>();
    public ISettlements Settlements => The<ISettlements>();
    public IConfirmations Confirmations => The<IConfirmations>();
    public IFreezes Freezes => The<IFreezes>();
    public IRegister Register => The<IRegister>();

    /// <summary>A commit that fails as it is told: before it was asked for, or after it was done.</summary>
    public sealed class Breaking : ICommit
    {
        public bool LoseNext { get; set; }
        public bool LoseAnswerOfNext { get; set; }

        public async Task Commit(NpgsqlTransaction transaction, CancellationToken stop)
        {
            if (LoseNext)
            {
                LoseNext = false;
                throw new NpgsqlException("the connection broke before the commit");
            }

            await transaction.CommitAsync(stop);
            if (!LoseAnswerOfNext) return;
            LoseAnswerOfNext = false;
            throw new NpgsqlException("the connection broke after the commit");
        }
    }

    /// <summary>Three firms, three listed rights: each firm has 100 lots of each and 10,000.00 yuan in the market.</summary>
    /// <param name="whole">Everything runs by itself, the bus too.</param>
    public static async Task<House> Open(bool whole = false)
    {
        var connection = await (await PostgresServer.Shared()).CreateDatabase("settlement");
        MatchingSchema.Upgrade(connection);
        await RegistrySchema.Upgrade(connection);
        SettlementSchema.Upgrade(connection);
        var (database, clock, commit) = (NpgsqlDataSource.Create(connection), new FakeClock(Instant.FromUtc(2026, 3, 2, 1, 30), Duration.FromMilliseconds(1)), new Breaking());
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(database).AddSingleton<IClock>(clock).AddMatching($"test {Interlocked.Increment(ref houses)}").AddRegistry();
        if (whole) builder.Services.AddSettlement(broker: null);
        else builder.Services.AddSettlementCore().AddSingleton<ICommit>(commit);
        var house = new House(builder.Build(), database, clock, commit);
        await house.host.StartAsync(Stop);
        await Until(() => Task.FromResult(house.The<IMarketState>().Leads), leads => leads);
        if (!whole) house.lease = await house.The<ILeases>().Take("settler", Stop);
        Assert.Null((await RuleFiles.Load(house.The<IRules>(), RuleFiles.Demo, Stop)).Refused);
        await house.Furnish();
        return house;
    }

    public T The<T>() where T : notnull => host.Services.GetRequiredService<T>();

    public Task<bool> Step(ILease? under = null) => The<Settler>().Step(under ?? lease!, Stop);

    /// <summary>Until market and books have nothing more to tell each other.</summary>
    public async Task Rest()
    {
        for (var tries = 0; ; tries++)
        {
            var waiting = await Scalar<long>("select count(*) from matching.inbox where taken_by is null");
            var behind = lease is null
                ? await Scalar<long>("select sequence from settlement.positions where reader = 'settler'") < await The<IJournal>().LastSequence(Stop)
                : await Step();
            if (waiting == 0 && !behind) return;
            Assert.True(tries < 1_000, $"{waiting} commands still wait");
            if (waiting > 0 || lease is null) await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        }
    }

    public static async Task<T> Until<T>(Func<Task<T>> look, Func<T, bool> there)
    {
        for (var tries = 0; ; tries++)
        {
            var seen = await look();
            if (there(seen)) return seen;
            Assert.True(tries < 600, $"still {seen}");
            await Task.Delay(TimeSpan.FromMilliseconds(25), Stop);
        }
    }

    /// <summary>A sells to B; the trade's number.</summary>
    public async Task<long> Trade(int instrument, long ticks, long lots, int seller = Steel, int buyer = Textile)
    {
        await Place(seller, instrument, Side.Sell, ticks, lots);
        var answer = await Place(buyer, instrument, Side.Buy, ticks, lots);
        return answer.Outputs.Single(o => o.Kind == OutputKind.Trade).TradeNo;
    }

    public async Task<Answer> Place(int account, int instrument, Side side, long ticks, long lots) => await The<IOrderEntry>().Submit(
        new() { Kind = CommandKind.Place, Account = account, Instrument = instrument, Side = side, Ticks = ticks, Lots = lots, TimeInForce = TimeInForce.Gtc }, null, Stop);

    public async Task<Transfer> Move(int account, TransferKind kind, int instrument, long amount, string? operation = null) => Got(await Custody.Move(account, kind, instrument, amount, operation, Clerk, Stop));

    public async Task<Holding> Holding(int account, int instrument) =>
        (await The<IHoldings>().Of(account, Stop)).SingleOrDefault(h => h.Key.Instrument == instrument) ?? Registry.Contracts.Holding.Empty(new(account, instrument));

    public async Task<FundAccount> Fund(int account) => await Funds.Of(account, Stop);

    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Stop))!;
    }

    public async Task<int> Execute(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(Stop);
    }

    /// <summary>Every check of register, market and settlement; each broken row.</summary>
    public async Task<IReadOnlyList<string>> Broken()
    {
        var broken = new List<string>();
        foreach (var check in await The<ISettlementVerification>().Verify(Stop)) broken.AddRange(check.Broken);
        foreach (var check in await The<IRegistryVerification>().Verify(Stop)) broken.AddRange(check.Broken);
        foreach (var check in await The<IMatchingVerification>().Verify(Stop)) broken.AddRange(check.Broken.Where(b => !b.Contains("blotter", StringComparison.Ordinal)));
        return broken;
    }

    public static T Got<T>(Outcome<T> outcome) where T : class
    {
        Assert.Null(outcome.Refused);
        return outcome.Value!;
    }

    public async ValueTask DisposeAsync()
    {
        if (lease is not null) await lease.DisposeAsync();
        await host.StopAsync(CancellationToken.None);
        host.Dispose();
        await Database.DisposeAsync();
    }

    private async Task Furnish()
    {
        foreach (var (id, code, region) in ((string, string, string)[])[("steel", "91320583MA1XG7KD23", "320583"), ("textile", "91320583MA1YH4LE5P", "320583"), ("power", "91321302MA1QJ8MF7H", "321302")])
            Got(await Register.Register(new Application(id, code, id, id, ParticipantKind.Enterprise, region, "Taihu"), Clerk, Stop));
        Got(await Register.Register(new Product("CEA", "碳", "CEA", RightClass.Carbon, null, null, null, "tCO2e", 0, VenueMode.Simulate, "2025", null), Clerk, Stop));
        Got(await Register.Register(new Product("COD", "化学需氧量", "COD", RightClass.Pollutant, "COD", "Taihu", null, "t/a", 3, VenueMode.Operate, "2026", null), Clerk, Stop));
        Got(await Register.Register(new Product("ENE", "用能", "ENE", RightClass.Energy, null, null, "320000", "tce", 2, VenueMode.Operate, "2026", null), Clerk, Stop));
        Got(await Listings.List(new(Carbon, new(0.01m, 1m), null, null, null, null, 1_000, 1), Clerk, Stop));
        Got(await Listings.List(new(Cod, new(1m, 0.001m), "buyersCounty", null, null, null, 50_000, 1), Clerk, Stop));
        Got(await Listings.List(new(Energy, new(0.01m, 0.1m), "province", null, null, null, 0, 10), Clerk, Stop));
        foreach (var account in (int[])[Steel, Textile, Power])
        {
            foreach (var (instrument, units) in ((int, long)[])[(Carbon, 100), (Cod, 100), (Energy, 1_000)])
            {
                Got(await Register.Issue(new(account, instrument), units, "initial", $"issue-{instrument}", Clerk, Stop));
                await Move(account, TransferKind.EarmarkRight, instrument, units);
            }

            Got(await Funds.PayIn(account, 1_000_000, $"in-{account}", Clerk, Stop));
            await Move(account, TransferKind.EarmarkMoney, 0, 1_000_000);
        }

        await Rest();
        Assert.Equal(12, await Scalar<long>("select count(*) from settlement.transfers where status = 2"));
    }
}

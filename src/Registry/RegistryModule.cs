using System.Reflection;
using DbUp;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Trading.Registry.Allocation;
using Trading.Registry.Caps;
using Trading.Registry.Compliance;
using Trading.Registry.Contracts;
using Trading.Registry.Holdings;
using Trading.Registry.Holds;
using Trading.Registry.Instruments;
using Trading.Registry.Leases;
using Trading.Registry.Participants;
using Trading.Registry.Pledges;
using Trading.Registry.Proposals;
using Trading.Registry.Rules;
using Trading.Registry.Transfers;

namespace Trading.Registry;

public static class RegistryModule
{
    /// <summary>Needs an <see cref="NpgsqlDataSource"/> and an <see cref="NodaTime.IClock"/>; other modules add the names of their events as <see cref="EventName"/>.</summary>
    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddSingleton<IDocumentStore>(s => EventStore.Open(s.GetRequiredService<NpgsqlDataSource>(), s.GetServices<EventName>(), s.GetRequiredService<NodaTime.IClock>(), mayChangeSchema: false));
        services.AddSingleton<PostgresHoldings>();
        services.AddSingleton<IHoldings>(s => s.GetRequiredService<PostgresHoldings>());
        services.AddSingleton<PostgresDirectory>();
        services.AddSingleton<IDirectory>(s => s.GetRequiredService<PostgresDirectory>());
        services.AddSingleton<PostgresRules>();
        services.AddSingleton<IRules>(s => s.GetRequiredService<PostgresRules>());
        services.AddSingleton<Serials.PostgresSerials>();
        services.AddSingleton<ISerials>(s => s.GetRequiredService<Serials.PostgresSerials>());
        services.AddSingleton<Teller>();
        services.AddSingleton<IRegister, Register>();
        services.AddSingleton<ProposalKind, RuleProposals>();
        services.AddSingleton<ProposalKind, StandingProposals>();
        services.AddSingleton<ProposalKind, TransferProposals>();
        services.AddSingleton<ProposalKind, ReplacementProposals>();
        services.AddSingleton<ProposalKind, CapProposals>();
        services.AddSingleton<ProposalKind, StretchProposals>();
        services.AddSingleton<ProposalKind, InstrumentProposals>();
        services.AddSingleton<AllocationDesk>();
        services.AddSingleton<IAllocations>(s => s.GetRequiredService<AllocationDesk>());
        services.AddSingleton<ProposalKind, AllocationProposals>();
        services.AddSingleton<ProposalKind, BuyBackProposals>();
        services.AddSingleton<ProposalKind, CorrectionProposals>();
        services.AddSingleton<WaitingHold>();
        services.AddSingleton<ComplianceDebits>();
        services.AddSingleton<IShortfalls>(s => s.GetRequiredService<ComplianceDebits>());
        services.AddSingleton<ProposalKind>(s => s.GetRequiredService<ComplianceDebits>());
        services.AddSingleton<ProposalKind, SurrenderReversals>();
        services.AddSingleton<IHolds, HoldDesk>();
        services.AddSingleton<ProposalKind, HoldProposals>();
        services.AddSingleton<ProposalKind, HoldLiftProposals>();
        services.AddSingleton<IPledges, PostgresPledges>();
        services.AddSingleton<ISurrenders, SurrenderDesk>();
        services.AddSingleton<ProposalKind, PledgeProposals>();
        services.AddSingleton<ProposalKind, PledgeReleases>();
        services.AddSingleton<ProposalKind, PledgedSurrenders>();
        services.AddSingleton<LeaseDesk>();
        services.AddSingleton<IRightLeases>(s => s.GetRequiredService<LeaseDesk>());
        services.AddSingleton<ProposalKind>(s => s.GetRequiredService<LeaseDesk>());
        services.AddSingleton<ITransferOrders, TransferOrderDesk>();
        services.AddSingleton<IUsage, UsageDesk>();
        services.AddSingleton<ICaps, PostgresCaps>();
        services.AddSingleton<IProposals, ProposalDesk>();
        services.AddSingleton<IRegistryVerification, RegistryVerification>();
        return services;
    }
}

public static class RegistrySchema
{
    /// <summary>Brings the tables of the register and of its events to this version.</summary>
    /// <exception cref="InvalidOperationException">A script failed; the message names it.</exception>
    public static async Task Upgrade(string connectionString)
    {
        var result = DeployChanges.To.PostgresqlDatabase(connectionString)
            .JournalToPostgresqlTable("public", "schema_versions")
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly())
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build().PerformUpgrade();
        if (!result.Successful) throw new InvalidOperationException($"script {result.ErrorScript?.Name} of the register's tables failed: {result.Error.Message}", result.Error);
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var store = EventStore.Open(database, [], null, mayChangeSchema: true);
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
    }
}

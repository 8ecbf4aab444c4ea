using System.Reflection;
using DbUp;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Trading.Registry.Contracts;
using Trading.Settlement.Busts;
using Trading.Settlement.Confirmations;
using Trading.Settlement.Contracts;
using Trading.Settlement.Custody;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Freezes;
using Trading.Settlement.Funds;
using Trading.Settlement.Halts;
using Trading.Settlement.Ledger;
using Trading.Settlement.Payouts;
using Trading.Settlement.Pledges;
using Trading.Settlement.Reconciliation;
using Trading.Settlement.Releases;
using Trading.Settlement.Listings;
using Trading.Settlement.Lots;

namespace Trading.Settlement;

public static class SettlementModule
{
    /// <summary>Needs the market and the register beside it; runs the settler, the announcer and the bus's consumers in this host.</summary>
    /// <param name="broker">amqp(s) address of a RabbitMQ; null: the bus stays in this process.</param>
    public static IServiceCollection AddSettlement(this IServiceCollection services, Uri? broker)
    {
        services.AddSettlementCore();
        services.AddSingleton<Announcer>();
        services.AddSingleton<IBusTrouble>(s => s.GetRequiredService<Announcer>());
        services.AddSingleton<Parking>();
        services.AddSingleton<SettlerLoop>();
        services.AddSingleton<ISettlerState>(s => s.GetRequiredService<SettlerLoop>());
        // A bus whose connection died while the process was stopped waits for it; whoever was deposed is to end, so that its supervisor can start it again.
        services.Configure<MassTransitHostOptions>(bus => (bus.StopTimeout, bus.ConsumerStopTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(3)));
        services.AddMassTransit(bus =>
        {
            // It reports to its makers by default; a market reports to nobody.
            bus.DisableUsageTelemetry();
            bus.AddConsumer<DeskOpener>();
            bus.AddConsumer<NoticeLog>();
            if (broker is not null)
            {
                RabbitBus.Use(bus, broker);
                return;
            }

            bus.AddConfigureEndpointsCallback((context, _, queue) => RabbitBus.ToItsEnd(queue, context.GetRequiredService<Parking>()));
            bus.UsingInMemory((context, memory) => memory.ConfigureEndpoints(context));
        });
        if (broker is not null) services.AddReception<DeskOpener>(broker).AddReception<NoticeLog>(broker);
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<SettlerLoop>());
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<Announcer>());
        services.AddSingleton<IHostedService, Upkeep>();
        services.AddSingleton<IHostedService, ReconcilerLoop>();
        return services;
    }

    /// <summary>Everything but what runs by itself.</summary>
    public static IServiceCollection AddSettlementCore(this IServiceCollection services)
    {
        foreach (var name in EventNames) services.AddSingleton(name);
        services.AddSingleton<ICommit, PlainCommit>();
        services.AddSingleton<LedgerStore>();
        services.AddSingleton<Transactions>();
        services.AddSingleton<Settler>();
        services.AddSingleton<ICustody, CustodyDesk>();
        services.AddSingleton<IFunds, FundLedger>();
        services.AddSingleton<IListings, ListingBoard>();
        services.AddSingleton<ISettlements, Settlements>();
        services.AddSingleton<ISettlementNews, News>();
        services.AddSingleton<IConfirmations, ConfirmationDesk>();
        services.AddSingleton<IStandingClaims, FreezeClaims>();
        services.AddSingleton<FreezeDesk>();
        services.AddSingleton<IFreezes>(s => s.GetRequiredService<FreezeDesk>());
        services.AddSingleton<IHalts, HaltDesk>();
        services.AddSingleton<IBusts, BustDesk>();
        services.AddSingleton<IReleases, ReleaseDesk>();
        services.AddSingleton<ProposalKind, ReleaseProposals>();
        services.AddSingleton<ProposalKind, AwardProposals>();
        services.AddSingleton<LotDesk>();
        services.AddSingleton<ILots>(s => s.GetRequiredService<LotDesk>());
        services.AddSingleton<ProposalKind, LotAwards>();
        services.AddSingleton<ProposalKind, PledgeRealisations>();
        services.AddSingleton<PayoutDesk>();
        services.AddSingleton<IPayouts>(s => s.GetRequiredService<PayoutDesk>());
        services.AddSingleton<IParkedMessages, ParkedMessages>();
        services.AddSingleton<IBank, Bank.BankDesk>();
        services.AddSingleton<IDayEnds, DayEndDesk>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<IStatements, Statements.StatementDesk>();
        services.AddSingleton<Deadlines>();
        return services.AddSingleton<ISettlementVerification, SettlementVerification>();
    }

    private static IServiceCollection AddReception<TConsumer>(this IServiceCollection services, Uri broker)
        where TConsumer : class, IConsumer =>
        services.AddSingleton<IHostedService>(s => new Reception<TConsumer>(broker, s.GetRequiredService<IReceiveEndpointConnector>(), s.GetRequiredService<Parking>(), s.GetRequiredService<ILogger<Reception<TConsumer>>>()));

    private static readonly EventName[] EventNames =
    [
        new(typeof(DeliveryEvent.Executed), "trade_executed"),
        new(typeof(DeliveryEvent.Proposed), "trade_answer_proposed"),
        new(typeof(DeliveryEvent.Answered), "trade_step_answered"),
        new(typeof(DeliveryEvent.Confirmed), "trade_confirmed"),
        new(typeof(DeliveryEvent.Rejected), "trade_rejected"),
        new(typeof(DeliveryEvent.SettledPart), "trade_settled"),
        new(typeof(DeliveryEvent.UnwoundPart), "trade_unwound"),
        new(typeof(DeliveryEvent.Busted), "trade_busted"),
    ];
}

public static class SettlementSchema
{
    /// <summary>Brings the tables of settlement to this version; does nothing where they are.</summary>
    /// <exception cref="InvalidOperationException">A script failed; the message names it.</exception>
    public static void Upgrade(string connectionString)
    {
        var result = DeployChanges.To.PostgresqlDatabase(connectionString)
            .JournalToPostgresqlTable("public", "schema_versions")
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly())
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build().PerformUpgrade();
        if (!result.Successful) throw new InvalidOperationException($"script {result.ErrorScript?.Name} of settlement's tables failed: {result.Error.Message}", result.Error);
    }
}

using System.Reflection;
using DbUp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Trading.Matching.Contracts;
using Trading.Matching.Journal;

namespace Trading.Matching;

public static class MatchingModule
{
    /// <summary>Needs an <see cref="NpgsqlDataSource"/> and an <see cref="NodaTime.IClock"/>; runs the leader and the blotter's follower in this host.</summary>
    /// <param name="holder">Names this process in leases; different for every start, at most 40 characters.</param>
    public static IServiceCollection AddMatching(this IServiceCollection services, string holder)
    {
        services.AddMatchingReading(holder);
        services.AddSingleton<ILeases>(s => new Leases(s.GetRequiredService<NpgsqlDataSource>(), holder));
        services.AddSingleton<OrderEntry>();
        services.AddSingleton<IOrderEntry>(s => s.GetRequiredService<OrderEntry>());
        services.AddSingleton<IMarketState>(s => s.GetRequiredService<OrderEntry>());
        services.AddSingleton<IHostedService, Leader>();
        services.AddSingleton<Blotter.BlotterFollower>();
        services.AddSingleton<IHostedService>(s => s.GetRequiredService<Blotter.BlotterFollower>());
        return services.AddSingleton<IBlotter, Blotter.PostgresBlotter>();
    }

    /// <summary>Journal, inbox and verification, without anything that runs by itself: for tools beside a server.</summary>
    public static IServiceCollection AddMatchingReading(this IServiceCollection services, string holder)
    {
        services.AddSingleton<Committed>();
        services.AddSingleton(s => new PostgresJournal(s.GetRequiredService<NpgsqlDataSource>(), Leases.Sign(holder, "market"), s.GetRequiredService<Committed>()));
        services.AddSingleton<IJournal>(s => s.GetRequiredService<PostgresJournal>());
        services.AddSingleton<IMarketInbox>(s => s.GetRequiredService<PostgresJournal>());
        services.AddSingleton<IBatchFeed, JournalFeed>();
        services.AddSingleton(SnapshotPace.Usual);
        services.AddSingleton<SnapshotStore>();
        services.AddSingleton<Follower>();
        return services.AddSingleton<IMatchingVerification>(s => new Verification(s.GetRequiredService<NpgsqlDataSource>()));
    }
}

public static class MatchingSchema
{
    /// <summary>Brings the tables of the market to this version; does nothing where they are.</summary>
    /// <exception cref="InvalidOperationException">A script failed; the message names it.</exception>
    public static void Upgrade(string connectionString)
    {
        var result = DeployChanges.To.PostgresqlDatabase(connectionString)
            .JournalToPostgresqlTable("public", "schema_versions")
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly())
            .WithTransactionPerScript()
            .LogToNowhere()
            .Build().PerformUpgrade();
        if (!result.Successful) throw new InvalidOperationException($"script {result.ErrorScript?.Name} of the market's tables failed: {result.Error.Message}", result.Error);
    }
}

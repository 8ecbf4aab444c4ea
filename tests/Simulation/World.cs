using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NodaTime;
using NodaTime.Testing;
using Npgsql;
using Trading.Matching;
using Trading.Matching.Contracts;
using Trading.Matching.Core;
using Trading.Matching.Journal;
using Trading.Registry;
using Trading.Registry.Contracts;
using Trading.Registry.Participants;
using Trading.Settlement;
using Trading.Settlement.Contracts;
using Trading.Settlement.Deliveries;
using Trading.Settlement.Ledger;

namespace Trading.Simulation;

/// <summary>
/// One small market that lives through faults drawn from a seed. Keeper, settler, custody, desks, deciders and SQL are the production's; clock,
/// store's answers and bus are replaced. Everything happens in one order, so a seed that fails fails again.
/// </summary>
internal sealed partial class World : IAsyncDisposable
{
    private const int Accounts = 4;
    private const string County = "320583";
    private static readonly Actor Someone = new("someone", "operator");
    private static readonly Actor Another = new("another", "regulator");
    private static readonly CancellationToken Stop = CancellationToken.None;

    private sealed record Acknowledged(long Sequence, Command Command, string ClientId, Output[] Outputs);

    private readonly Random chance;
    private readonly FakeClock clock = new(Instant.FromUtc(2026, 3, 2, 1, 30));
    private readonly Faults faults;
    private readonly FaultyBus bus;
    private readonly NpgsqlDataSource database;
    private readonly ServiceProvider services;
    private readonly List<Acknowledged> acknowledged = [];
    private readonly List<(TransferKind Kind, int Account, int Instrument, long Amount, string Operation)> unsure = [];
    private readonly List<(Command Command, string ClientId, Task<Answer> Answer)> asked = [];
    private Matching.Keeper? keeper;
    private Matching.Keeper? deposed;
    private int names;

    private World(string connection, int seed)
    {
        chance = new(seed);
        faults = new(new(seed + 1_000_000), clock) { Off = true };
        bus = new(new(seed + 2_000_000), faults);
        database = NpgsqlDataSource.Create(connection);
        services = new ServiceCollection()
            .AddLogging().AddSingleton(database).AddSingleton<IClock>(clock)
            .AddMatchingReading("simulated").AddRegistry().AddSettlementCore()
            .Replace(ServiceDescriptor.Singleton<ICommit>(new FaultyCommit(faults)))
            .BuildServiceProvider();
    }

    public int Trades { get; private set; }
    public int Acks => acknowledged.Count;
    public (int Lost, int Unknown, int Crashes) Injected => (faults.Lost, faults.Unknown, faults.Crashes);

    /// <summary>Null: the promises held. Else what did not.</summary>
    public static async Task<(string? Broken, World World)> Live(string connection, int seed, int steps)
    {
        await using var world = new World(connection, seed);
        try
        {
            await world.Begin();
            world.faults.Off = false;
            for (var step = 0; step < steps; step++)
            {
                await world.Step();
                if (step % 8 == 0 && await world.Unbalanced() is { } off) return ($"step {step}: {off}", world);
            }

            return (await world.End(), world);
        }
        catch (Exception failed)
        {
            return (failed.ToString(), world);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await database.DisposeAsync();
    }

    private T The<T>() where T : notnull => services.GetRequiredService<T>();

    private async Task Begin()
    {
        await using (var clear = database.CreateCommand(
                         """
                         truncate matching.batches, matching.snapshots, matching.snapshot_parts, matching.inbox, matching.lease, matching.epoch, matching.orders, matching.trades, matching.books,
                             registry.participants, registry.instruments, registry.rules, registry.proposals, registry.standings, registry.holdings, registry.supply, registry.operations, events.mt_events, events.mt_streams,
                             settlement.listings, settlement.transfers, settlement.fund_accounts, settlement.postings, settlement.payments, settlement.deliveries, settlement.desk,
                             settlement.notices, settlement.freezes, settlement.halts, settlement.busts, settlement.permits, settlement.alerts restart identity cascade;
                         alter sequence events.mt_events_sequence restart;
                         update matching.blotter_position set sequence = 0; update settlement.positions set sequence = 0;
                         """))
            await clear.ExecuteNonQueryAsync(Stop);
        Good((await RuleFiles.Load(The<IRules>(), RuleFiles.Demo, Stop)).Refused);
        var register = The<IRegister>();
        for (var account = 1; account <= Accounts; account++)
        {
            var body = $"91320583MA{account}AAAA{account}XXXX"[..17];
            Good((await register.Register(new Application($"firm-{account}", body + CreditCode.CheckCharacter(body), "企业", "Firm", ParticipantKind.Enterprise, County, "Taihu"), Someone, Stop)).Refused);
        }

        Good((await register.Register(new Product("CEA", "碳配额", "CEA", RightClass.Carbon, null, null, null, "tCO2e", 0, VenueMode.Simulate, "2025", null), Someone, Stop)).Refused);
        Good((await register.Register(new Product("COD", "化学需氧量", "COD", RightClass.Pollutant, "COD", "Taihu", null, "t/a", 3, VenueMode.Operate, "2026", null), Someone, Stop)).Refused);
        for (var account = 1; account <= Accounts; account++)
        {
            Good((await register.Issue(new(account, 1), 5_000, "initial", $"cea-{account}", Someone, Stop)).Refused);
            Good((await register.Issue(new(account, 2), 50_000, "initial", $"cod-{account}", Someone, Stop)).Refused);
            Good((await The<IFunds>().PayIn(account, 50_000_000, $"bank-{account}", Someone, Stop)).Refused);
        }

        Good((await The<IListings>().List(new(1, new(0.01m, 1), null, null, null, null, 500, 1), Someone, Stop)).Refused);
        Good((await The<IListings>().List(new(2, new(1, 0.003m), "buyersCounty", null, null, null, 1_234, 3), Someone, Stop)).Refused);
        await Lead();
        for (var account = 1; account <= Accounts; account++)
        {
            await Move(TransferKind.EarmarkRight, account, 1, 2_000, $"first-{account}-1");
            await Move(TransferKind.EarmarkRight, account, 2, 30_000, $"first-{account}-2");
            await Move(TransferKind.EarmarkMoney, account, 0, 20_000_000, $"first-{account}-0");
        }
    }

    private async Task Step()
    {
        clock.AdvanceMilliseconds(chance.Next(20_000));
        for (var orders = chance.Next(6); orders > 0; orders--) Ask();
        await StepKeeper();
        if (chance.Next(3) > 0) await StepSettler();
        switch (chance.Next(12))
        {
            case < 3: await MoveSomething(); break;
            case < 7: await AnswerSomething(); break;
            case 7: await FreezeSomething(); break;
            case 8: await Crash(); break;
            case 9: clock.Advance(Duration.FromHours(chance.Next(30))); break;
            case 10: await BustSomething(); break;
        }

        await Announce();
    }

    /// <summary>An order, or the cancelling of them, by someone; sometimes the same again.</summary>
    private void Ask()
    {
        if (keeper is null) return;
        if (asked.Count > 0 && chance.Next(6) == 0)
        {
            var again = asked[chance.Next(asked.Count)];
            asked.Add((again.Command, again.ClientId, keeper.Submit(again.Command, again.ClientId, Stop).AsTask()));
            return;
        }

        var instrument = 1 + chance.Next(2);
        var name = $"o-{++names}";
        var command = new Command
        {
            Kind = chance.Next(12) == 0 ? CommandKind.CancelAll : CommandKind.Place, Account = 1 + chance.Next(Accounts), Instrument = instrument,
        };
        if (command.Kind == CommandKind.Place)
        {
            command.Side = chance.Next(2) == 0 ? Side.Buy : Side.Sell;
            command.TimeInForce = (TimeInForce)chance.Next(4);
            command.Ticks = (instrument == 1 ? 7_990 : 4_490) + chance.Next(20);
            command.Lots = 1 + chance.Next(40);
            (command.ClientHigh, command.ClientLow) = (7, (ulong)names);
        }

        asked.Add((command, name, keeper.Submit(command, name, Stop).AsTask()));
    }

    private async Task StepKeeper()
    {
        if (keeper is null)
        {
            await Lead();
            return;
        }

        // A leader that was stopped and woke up still thinks it leads: the store must not take a word of it.
        if (deposed is { } old)
        {
            deposed = null;
            var zombie = old.Submit(new() { Kind = CommandKind.CancelAll, Account = 1 }, null, Stop).AsTask();
            try
            {
                if (await old.Step(Stop)) throw new PromiseBroken("a deposed leader committed a batch");
            }
            catch (Exception told) when (told is MarketUnavailableException or SimulatedCrash)
            {
                old.Stop(outcomeUnknown: false);
            }

            if (zombie.IsCompletedSuccessfully) throw new PromiseBroken("a deposed leader answered");
        }

        try
        {
            await keeper.Step(Stop);
        }
        catch (Exception over) when (over is SimulatedCrash or MarketUnavailableException)
        {
            keeper.Stop(outcomeUnknown: true);
            keeper = null;
        }

        foreach (var (command, name, answer) in asked)
        {
            try
            {
                var heard = await answer;
                acknowledged.Add(new(heard.Sequence, command, name, [.. heard.Outputs]));
            }
            catch (MarketUnavailableException)
            {
                // Unknown or not taken; nothing was promised.
            }
        }

        asked.Clear();
    }

    private async Task StepSettler()
    {
        try
        {
            await The<Settler>().Step(new SimulatedLease(await RaiseOrRead("settler", raise: chance.Next(10) == 0)), Stop);
        }
        catch (Exception over) when (over is SimulatedCrash or NpgsqlException)
        {
            // It begins anew from its position.
        }
    }

    private async Task Lead()
    {
        var epoch = await RaiseOrRead("market", raise: true);
        var reliving = await The<Follower>().Begin(Stop);
        while (await reliving.Some(The<PostgresJournal>(), 64, Stop)) { }
        if (reliving.Standing.LastSequence > 0 && chance.Next(3) == 0) await The<SnapshotStore>().Put(new(reliving.Standing, reliving.Market.Snapshot()), Stop);
        keeper = new(reliving.Market, new FaultyJournal(The<PostgresJournal>(), faults), clock, The<Committed>(), reliving.Standing, epoch);
    }

    private async Task Crash()
    {
        if (chance.Next(2) == 0) deposed = keeper;
        keeper = null;
        await Lead();
    }

    private async Task MoveSomething()
    {
        if (unsure.Count > 0)
        {
            // The outcome was unknown: the same key again tells, and never moves twice.
            var again = unsure[0];
            unsure.RemoveAt(0);
            await Move(again.Kind, again.Account, again.Instrument, again.Amount, again.Operation);
            return;
        }

        var kind = (TransferKind)(1 + chance.Next(4));
        var instrument = kind is TransferKind.EarmarkRight or TransferKind.ReleaseRight ? 1 + chance.Next(2) : 0;
        await Move(kind, 1 + chance.Next(Accounts), instrument, instrument == 0 ? 1 + chance.Next(900_000) : 3 * (1 + chance.Next(200)), $"move-{++names}");
    }

    private async Task Move(TransferKind kind, int account, int instrument, long amount, string operation)
    {
        try
        {
            await The<ICustody>().Move(account, kind, instrument, amount, operation, Someone, Stop);
        }
        catch (Exception lost) when (lost is NpgsqlException or SimulatedCrash)
        {
            unsure.Add((kind, account, instrument, amount, operation));
        }
    }

    private async Task Announce()
    {
        foreach (var message in await Announcer.Unanswered(database, 0, Stop)) bus.Publish(message);
        foreach (var message in bus.Arriving())
        {
            await new NoticeLog(database).Note(message, Stop);
            await new DeskOpener(database).Open(message, Stop);
        }
    }

    /// <summary>Faults cease, everything comes to rest, and then all of it is held against all of it.</summary>
    private async Task<string?> End()
    {
        faults.Off = true;
        while (unsure.Count > 0) await MoveSomething();
        for (var idle = 0; idle < 3;)
        {
            if (keeper is null) await Lead();
            clock.AdvanceMilliseconds(200);
            var busy = await keeper!.Step(Stop) | await The<Settler>().Step(new SimulatedLease(await RaiseOrRead("settler", raise: false)), Stop);
            await Announce();
            idle = busy ? 0 : idle + 1;
        }

        var blotter = new Matching.Blotter.BlotterFollower(database, The<IJournal>(), clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<Matching.Blotter.BlotterFollower>.Instance);
        while (await blotter.Step(Stop))
        {
        }

        if ((await Announcer.Unanswered(database, 0, Stop)).Count > 0) return "a delivery was never announced";
        foreach (var check in await The<IMatchingVerification>().Verify(Stop))
        {
            if (check.Broken.Count > 0) return $"{check.Check}: {check.Broken[0]}";
        }

        foreach (var check in await The<IRegistryVerification>().Verify(Stop))
        {
            if (check.Broken.Count > 0) return $"{check.Check}: {check.Broken[0]}";
        }

        foreach (var check in await The<ISettlementVerification>().Verify(Stop))
        {
            if (check.Broken.Count > 0) return $"{check.Check}: {check.Broken[0]}";
        }

        return await Unbalanced() ?? await Forgotten();
    }

    /// <summary>Each acknowledgement against the journal: its command at its sequence, its outputs byte for byte, its name once.</summary>
    private async Task<string?> Forgotten()
    {
        var commands = new Dictionary<long, (Command Command, string? Name, Output[] Outputs)>();
        var named = new Dictionary<string, int>(StringComparer.Ordinal);
        var journal = The<IJournal>();
        for (var read = 0L; await journal.Read(read, 64, Stop) is { Count: > 0 } batches;)
        {
            foreach (var batch in batches)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    var outputs = batch.Outputs.ToArray().Where(o => o.CommandIndex == i).ToArray();
                    commands[batch.FirstSequence + i] = (batch.Commands.Span[i], batch.Texts.GetValueOrDefault(i), outputs);
                    if (batch.Texts.TryGetValue(i, out var name) && outputs is [{ Kind: OutputKind.Accepted }, ..]) named[name] = named.GetValueOrDefault(name) + 1;
                    Trades += outputs.Count(o => o.Kind == OutputKind.Trade);
                }

                read = batch.LastSequence;
            }
        }

        foreach (var ack in acknowledged)
        {
            if (!commands.TryGetValue(ack.Sequence, out var there)) return $"sequence {ack.Sequence} was acknowledged and is not in the journal";
            if (there.Name != ack.ClientId || there.Command.Kind != ack.Command.Kind || there.Command.Lots != ack.Command.Lots || there.Command.Account != ack.Command.Account)
                return $"sequence {ack.Sequence} was acknowledged for {ack.ClientId} and holds {there.Name}";
            if (!MemoryMarshal.AsBytes<Output>(there.Outputs).SequenceEqual(MemoryMarshal.AsBytes<Output>(ack.Outputs))) return $"sequence {ack.Sequence} was answered otherwise than the journal says";
        }

        return named.Where(n => n.Value > 1).Select(n => $"{n.Key} was accepted {n.Value} times").FirstOrDefault();
    }

    /// <summary>No reader ever sees one leg: rights and money are whole in every committed state.</summary>
    private async Task<string?> Unbalanced()
    {
        await using var ask = database.CreateCommand(
            """
            select 'instrument ' || s.instrument || ': issued ' || s.issued || ', held ' || coalesce(sum(h.available + h.earmarked + h.pledged + h.frozen + h.awaiting), 0)
            from registry.supply s left join registry.holdings h on h.instrument = s.instrument group by s.instrument, s.issued
            having s.issued <> coalesce(sum(h.available + h.earmarked + h.pledged + h.frozen + h.awaiting), 0)
            union all select 'money sums to ' || sum(available + in_market + awaiting + frozen + paying_out) from settlement.fund_accounts having sum(available + in_market + awaiting + frozen + paying_out) <> 0
            union all select 'entry ' || entry || ' sums to ' || sum(fen) from settlement.postings group by entry having sum(fen) <> 0
            union all select 'alert: ' || text from settlement.alerts
            """);
        return await ask.ExecuteScalarAsync(Stop) as string;
    }

    private async Task<long> RaiseOrRead(string role, bool raise)
    {
        await using var command = database.CreateCommand(
            "insert into matching.epoch values ($1, 1) on conflict (role) do update set epoch = matching.epoch.epoch + case when $2 then 1 else 0 end returning epoch");
        command.Parameters.Add(new() { Value = role });
        command.Parameters.Add(new() { Value = raise });
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }

    private static async Task Tried<T>(Func<Task<T>> act)
    {
        try
        {
            await act();
        }
        catch (Exception lost) when (lost is NpgsqlException or SimulatedCrash)
        {
            // Whether it happened is in the rows; the desk looks again.
        }
    }

    private static void Good(Refused? refused)
    {
        if (refused is not null) throw new InvalidOperationException(refused.ToString());
    }

    private sealed class PromiseBroken(string what) : Exception(what);

    /// <summary>A lease without a clock of its own: the fence in the store is the production's.</summary>
    private sealed class SimulatedLease(long epoch) : ILease
    {
        public long Epoch => epoch;

        public CancellationToken Lost => CancellationToken.None;

        public Task<bool> Holds(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken stop) => Lease.Rules(connection, transaction, "settler", "simulated settler", epoch, stop);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

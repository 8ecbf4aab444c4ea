using JasperFx;
using JasperFx.Events;
using Marten;
using NodaTime;
using NodaTime.Serialization.SystemTextJson;
using Npgsql;
using Trading.Registry.Compliance;
using Trading.Registry.Contracts;
using Trading.Registry.Instruments;
using Trading.Registry.Participants;
using Trading.Registry.Proposals;
using Trading.Registry.Rules;
using Weasel.Core;

namespace Trading.Registry;

/// <summary>One Marten store for the streams of all modules. Nothing of it decides: the flat rows do, and the events say why.</summary>
internal static class EventStore
{
    /// <summary>Stored names, written out once: they never follow a rename.</summary>
    public static readonly IReadOnlyList<EventName> Names =
    [
        new(typeof(ParticipantRegistered), "participant_registered"),
        new(typeof(InstrumentRegistered), "instrument_registered"),
        new(typeof(StandingChanged), "standing_changed"),
        new(typeof(ProposalEvent.Made), "proposal_made"),
        new(typeof(ProposalEvent.Approved), "proposal_approved"),
        new(typeof(ProposalEvent.Rejected), "proposal_rejected"),
        new(typeof(RuleChanged), "rule_changed"),
        new(typeof(CapEvent.LimitSet), "cap_limit_set"),
        new(typeof(CapEvent.Stretched), "cap_stretched"),
        new(typeof(CapEvent.Moved), "cap_moved"),
        new(typeof(CapEvent.Allocated), "cap_allocated"),
        new(typeof(CapEvent.Reserved), "cap_reserved"),
        new(typeof(CapEvent.Released), "cap_released"),
        new(typeof(CapEvent.Offered), "cap_offered"),
        new(typeof(CapEvent.Used), "cap_used"),
        new(typeof(UsageEvent.Read), "usage_read"),
        new(typeof(UsageEvent.Reconciled), "usage_reconciled"),
        new(typeof(UsageEvent.CaseOpened), "excess_case_opened"),
        new(typeof(HoldingEvent.Issued), "right_issued"),
        new(typeof(HoldingEvent.Earmarked), "right_earmarked"),
        new(typeof(HoldingEvent.Released), "right_released"),
        new(typeof(HoldingEvent.Sold), "right_sold"),
        new(typeof(HoldingEvent.Bought), "right_bought"),
        new(typeof(HoldingEvent.SetAside), "right_set_aside"),
        new(typeof(HoldingEvent.Returned), "right_returned"),
        new(typeof(HoldingEvent.Delivered), "right_delivered"),
        new(typeof(HoldingEvent.Received), "right_received"),
        new(typeof(HoldingEvent.GivenBack), "right_given_back"),
        new(typeof(HoldingEvent.TakenBack), "right_taken_back"),
        new(typeof(HoldingEvent.TransferredOut), "right_transferred_out"),
        new(typeof(HoldingEvent.TransferredIn), "right_transferred_in"),
        new(typeof(HoldingEvent.Surrendered), "right_surrendered"),
        new(typeof(HoldingEvent.SurrenderReversed), "right_surrender_reversed"),
        new(typeof(HoldingEvent.Cancelled), "right_cancelled"),
        new(typeof(HoldingEvent.Retired), "right_retired"),
        new(typeof(HoldingEvent.Expired), "right_expired"),
        new(typeof(HoldingEvent.Frozen), "right_frozen"),
        new(typeof(HoldingEvent.FrozenInMarket), "right_frozen_in_market"),
        new(typeof(HoldingEvent.Unfrozen), "right_unfrozen"),
        new(typeof(HoldingEvent.Held), "right_held"),
        new(typeof(HoldingEvent.HoldLifted), "right_hold_lifted"),
        new(typeof(HoldingEvent.Reversed), "right_reversed"),
    ];

    /// <param name="clock">By whose time events happen; null: nothing happens here.</param>
    public static DocumentStore Open(NpgsqlDataSource database, IEnumerable<EventName> more, IClock? clock, bool mayChangeSchema) => DocumentStore.For(options =>
    {
        options.Connection(database);
        options.DatabaseSchemaName = "events";
        options.AutoCreateSchemaObjects = mayChangeSchema ? AutoCreate.CreateOrUpdate : AutoCreate.None;
        options.Events.StreamIdentity = StreamIdentity.AsString;
        // Rich: versions are known before the append, so that a stale one fails inside our own transaction.
        options.Events.AppendMode = EventAppendMode.Rich;
        options.Events.MetadataConfig.HeadersEnabled = true;
        if (clock is not null) options.Events.TimeProvider = new ByClock(clock);
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase, json => json.ConfigureForNodaTime(DateTimeZoneProviders.Tzdb));
        foreach (var (type, name) in Names.Concat(more)) options.Events.MapEventType(type, name);
    });

    /// <summary>The one clock of the exchange, as the library asks for time: what is read as of an instant is what was there by that clock.</summary>
    private sealed class ByClock(IClock clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetCurrentInstant().ToDateTimeOffset();
    }
}

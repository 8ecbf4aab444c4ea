using Trading.Registry.Contracts;
using NodaTime;

namespace Trading.Registry.Transfers;

/// <summary>How an order of a participant goes on (R-REG-05). Pure.</summary>
internal static class TransferOrders
{
    /// <param name="needsApproval">It is above the limit, or an authority has a say in it.</param>
    /// <param name="due">When it is carried out; null: at once.</param>
    public static TransferOrder Begin(TransferOrder asked, bool needsApproval, Instant? due) =>
        needsApproval ? asked with { State = TransferOrderState.AwaitingApproval } : Released(asked, due);

    public static Outcome<TransferOrder> Decide(TransferOrder order, bool approve, Actor actor, string ownersId, Instant? due, Instant at)
    {
        if (order.State != TransferOrderState.AwaitingApproval) return Wrong(order);
        if (order.OrderedBy.User == actor.User) return Refused.Because("FOUR_EYES", "R-REG-08").With("user", actor.User);
        if (actor.Participant == ownersId) return Refused.Because("AFFECTED_PERSON", "R-REG-08").With("participant", ownersId);
        return approve ? Released(order with { DecidedBy = actor }, due) : order with { State = TransferOrderState.Rejected, DecidedBy = actor, EndedAt = at };
    }

    public static Outcome<TransferOrder> Cancel(TransferOrder order, Instant at) =>
        order.State is TransferOrderState.AwaitingApproval or TransferOrderState.Delayed ? order with { State = TransferOrderState.Cancelled, EndedAt = at, DueAt = null } : Wrong(order);

    public static Outcome<TransferOrder> Complete(TransferOrder order, Instant at) =>
        order.State == TransferOrderState.Delayed && order.DueAt <= at ? order with { State = TransferOrderState.Completed, EndedAt = at } : Wrong(order);

    private static TransferOrder Released(TransferOrder order, Instant? due) =>
        due is { } when ? order with { State = TransferOrderState.Delayed, DueAt = when } : order with { State = TransferOrderState.Completed, DueAt = null };

    private static Refused Wrong(TransferOrder order) => Refused.Because("TRANSFER_STATE", "R-REG-05").With("state", order.State.ToString());
}

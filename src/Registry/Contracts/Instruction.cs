using NodaTime;

namespace Trading.Registry.Contracts;

/// <summary>
/// What is asked of the register's desk (登记指令): it moves rights or changes how many there are, outside the market. Units are minimum units, above zero.
/// </summary>
/// <param name="Holding">Whose it is; its account owns the idempotency key.</param>
/// <param name="Operation">Idempotency key, 1 to 100 characters, unique per account (R-REG-09).</param>
public abstract record Instruction(HoldingKey Holding, string Operation)
{
    /// <summary>
    /// Keys that begin so are the house's own: what a proposal, a lease or a plan asks. No door takes one, so nobody can use up a key that another's right waits for.
    /// </summary>
    public const char OfTheHouse = ':';

    /// <summary>The same, asked by the house.</summary>
    public Instruction ByTheHouse() => this with { Operation = OfTheHouse + Operation };

    /// <summary>New rights into what is available.</summary>
    /// <param name="Terms">On what terms it was allocated: with other terms it is another instruction. Null: none.</param>
    public sealed record IssueRight(HoldingKey Holding, long Units, string Reason, string Operation, string? Terms = null) : Instruction(Holding, Operation);

    /// <summary>Non-trade transfer (非交易过户, R-REG-11).</summary>
    /// <param name="Serials">Which numbers go, as many as units; null: the lowest.</param>
    public sealed record HandOver(HoldingKey Holding, int To, long Units, string Reason, string Operation, SerialRange? Serials = null) : Instruction(Holding, Operation)
    {
        public HoldingKey Receiver => new(To, Holding.Instrument);
    }

    /// <summary>Transfer with a replacement ratio (R-POL-07): the buyer receives, and what the ratio asks beyond it is retired, in one.</summary>
    /// <param name="Units">What the buyer receives.</param>
    /// <param name="Retired">What leaves the giver beyond that, 0 or more: <see cref="Ruling.Retired"/>.</param>
    public sealed record Replace(HoldingKey Holding, int To, long Units, long Retired, string Reason, string Operation) : Instruction(Holding, Operation)
    {
        public HoldingKey Receiver => new(To, Holding.Instrument);
    }

    /// <summary>To meet an obligation (清缴).</summary>
    public sealed record Surrender(HoldingKey Holding, long Units, string Obligation, string Operation) : Instruction(Holding, Operation);

    /// <summary>Takes back a surrender that was wrong, or a part of it (R-REG-10).</summary>
    /// <param name="Of">Version of the surrender in the holding's stream.</param>
    public sealed record ReverseSurrender(HoldingKey Holding, long Units, long Of, string Reason, string Operation) : Instruction(Holding, Operation);

    /// <summary>Voluntary cancellation (自愿注销, R-REG-13): the supply falls by as much, and it is published.</summary>
    public sealed record Cancel(HoldingKey Holding, long Units, string Reason, string Operation) : Instruction(Holding, Operation);

    /// <summary>To the environment.</summary>
    public sealed record Retire(HoldingKey Holding, long Units, string Reason, string Operation) : Instruction(Holding, Operation);

    /// <summary>Keeps units back for a reason; the reference names the hold from then on.</summary>
    public sealed record Keep(HoldingKey Holding, long Units, HoldReason Reason, string Reference, string Operation) : Instruction(Holding, Operation);

    /// <summary>Ends a hold, or a part of it.</summary>
    public sealed record LiftHold(HoldingKey Holding, long Units, string Reference, string Operation) : Instruction(Holding, Operation);

    /// <summary>Takes back an allocation that was wrong (冲正, R-REG-10).</summary>
    public sealed record Reverse(HoldingKey Holding, long Units, long Allocation, string Reason, string Operation) : Instruction(Holding, Operation);

    /// <summary>Whatever is available once the last day has passed (R-ENE-10).</summary>
    /// <param name="LastDay">In Asia/Shanghai; it has passed.</param>
    public sealed record Expire(HoldingKey Holding, LocalDate LastDay, string Operation) : Instruction(Holding, Operation);
}

/// <summary>How many rights of an instrument came into being and where they went, in minimum units (R-REG-02).</summary>
public sealed record Supply(int Instrument, long Issued, long Surrendered, long Cancelled, long Retired, long Expired, long Reversed)
{
    public static Supply None(int instrument) => new(instrument, 0, 0, 0, 0, 0, 0);

    /// <summary>Folds what happened to a holding; most events leave the supply as it is.</summary>
    public static Supply Evolve(Supply supply, HoldingEvent happened) => happened switch
    {
        HoldingEvent.Issued e => supply with { Issued = checked(supply.Issued + e.Units) },
        HoldingEvent.Surrendered e => supply with { Surrendered = supply.Surrendered + e.Units },
        HoldingEvent.SurrenderReversed e => supply with { Surrendered = supply.Surrendered - e.Units },
        HoldingEvent.Cancelled e => supply with { Cancelled = supply.Cancelled + e.Units },
        HoldingEvent.Retired e => supply with { Retired = supply.Retired + e.Units },
        HoldingEvent.Expired e => supply with { Expired = supply.Expired + e.Units },
        HoldingEvent.Reversed e => supply with { Reversed = supply.Reversed + e.Units },
        _ => supply,
    };
}

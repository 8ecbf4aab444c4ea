namespace Trading.Registry.Contracts;

/// <summary>
/// What is asked of the register's desk (登记指令): it moves rights or changes how many there are, outside the market. Units are minimum units, above zero.
/// </summary>
/// <param name="Holding">Whose it is; its account owns the idempotency key.</param>
/// <param name="Operation">Idempotency key, 1 to 100 characters, unique per account (R-REG-09).</param>
public abstract record Instruction(HoldingKey Holding, string Operation)
{
    /// <summary>New rights into what is available.</summary>
    public sealed record IssueRight(HoldingKey Holding, long Units, string Reason, string Operation) : Instruction(Holding, Operation);

    /// <summary>Non-trade transfer (非交易过户, R-REG-11).</summary>
    public sealed record HandOver(HoldingKey Holding, int To, long Units, string Reason, string Operation) : Instruction(Holding, Operation)
    {
        public HoldingKey Receiver => new(To, Holding.Instrument);
    }
}

/// <summary>How many rights of an instrument came into being and where they went, in minimum units (R-REG-02).</summary>
public sealed record Supply(int Instrument, long Issued, long Surrendered, long Cancelled, long Retired, long Expired)
{
    public static Supply None(int instrument) => new(instrument, 0, 0, 0, 0, 0);

    /// <summary>Folds what happened to a holding; most events leave the supply as it is.</summary>
    public static Supply Evolve(Supply supply, HoldingEvent happened) => happened switch
    {
        HoldingEvent.Issued e => supply with { Issued = checked(supply.Issued + e.Units) },
        _ => supply,
    };
}

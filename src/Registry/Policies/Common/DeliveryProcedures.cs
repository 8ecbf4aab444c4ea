using System.Collections.Immutable;
using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-POL-13, R-ENE-06, R-SET-07: what a trade of a class must pass before it is settled, by the name that its listing gives.</summary>
internal sealed record DeliveryProcedures(IReadOnlyList<Procedure> Procedures) : Rule
{
    public override Refused? Check()
    {
        foreach (var (number, procedure) in Procedures.Index())
        {
            var path = $"procedures[{number}]";
            if (string.IsNullOrWhiteSpace(procedure.Name) || procedure.Name.Length > 40) return Wrong(path + ".name", procedure.Name);
            if (Procedures.Take(number).Any(p => p.Class == procedure.Class && p.Name == procedure.Name)) return Wrong(path + ".name", procedure.Name);
            if (procedure.Steps.Count is < 1 or > 20) return Wrong(path + ".steps", "1 to 20");
            foreach (var (place, step) in procedure.Steps.Index())
            {
                if (step.Check() is { } wrong) return Wrong($"{path}.steps[{place}].{wrong.Field}", wrong.Value);
            }
        }

        return null;
    }

    public Procedure? Find(RightClass of, string name) => Procedures.FirstOrDefault(p => p.Class == of && p.Name == name);
}

/// <param name="Name">As listings name it.</param>
internal sealed record Procedure(RightClass Class, string Name, IReadOnlyList<ProcedureStep> Steps);

/// <summary>One step. Everybody it names must answer, in any order, before the next one begins.</summary>
/// <param name="WorkingDays">From the day after it began; null: no time runs out.</param>
/// <param name="When">Of which trades it is asked.</param>
/// <param name="InPart">A part may be approved, and the rest goes back.</param>
/// <param name="FourEyesAbove">Yuan of the trade above which two people of each authority must say the same (R-REG-08); null: one is enough.</param>
internal sealed record ProcedureStep(
    StepKind Kind, IReadOnlyList<StepParty> By, int? WorkingDays = null, MissedDeadline Missed = MissedDeadline.Alert, StepWhen When = StepWhen.Always, bool InPart = false, decimal? FourEyesAbove = null)
{
    public (string Field, string Value)? Check() =>
        By.Count == 0 && Kind != StepKind.Notice ? ("by", "") : By.Distinct().Count() != By.Count ? ("by", string.Join(' ', By))
        : WorkingDays is < 1 or > 250 ? ("workingDays", "1 to 250")
        // A notice is over when its time is; nothing else may pass because nobody looked.
        : (Kind == StepKind.Notice) != (Missed == MissedDeadline.Pass) ? ("missed", Missed.ToString())
        : Kind == StepKind.Notice && WorkingDays is null ? ("workingDays", "1 to 250")
        : By.Any(b => (b is StepParty.Buyer or StepParty.Seller) != (Kind is StepKind.Contract or StepKind.Payment)) ? ("by", string.Join(' ', By))
        : FourEyesAbove is < 0 or > 100_000_000_000m ? ("fourEyesAbove", "0 to 100000000000") : null;

    public bool Applies(Participant seller, Participant buyer) => When switch
    {
        StepWhen.BetweenCounties => seller.Region != buyer.Region,
        StepWhen.BetweenPrefectures => Region.Prefecture(seller.Region) != Region.Prefecture(buyer.Region),
        _ => true,
    };

    public ImmutableArray<string> Resolve(Participant seller, Participant buyer) => [.. By.Select(by => by switch
    {
        StepParty.Buyer => PlannedStep.Buyer,
        StepParty.Seller => PlannedStep.Seller,
        StepParty.BuyersCounty => Authority(buyer.Region, seller, buyer),
        StepParty.SellersCounty => Authority(seller.Region, seller, buyer),
        StepParty.BuyersPrefecture => Authority(Region.Prefecture(buyer.Region), seller, buyer),
        StepParty.SellersPrefecture => Authority(Region.Prefecture(seller.Region), seller, buyer),
        _ => PlannedStep.Province,
    }).Distinct()];

    /// <summary>R-REG-08: an authority does not confirm what its own government buys or sells; the province does.</summary>
    private static string Authority(string region, Participant seller, Participant buyer) =>
        new[] { seller, buyer }.Any(p => p.Kind != ParticipantKind.Enterprise && p.Region == region) ? PlannedStep.Province : region;
}

internal enum StepParty { Buyer, Seller, BuyersCounty, SellersCounty, BuyersPrefecture, SellersPrefecture, Province }

internal enum StepWhen { Always, BetweenCounties, BetweenPrefectures }

using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Energy;

/// <summary>R-ENE-06: how long the province may take to confirm a transfer between counties.</summary>
/// <param name="AnswerWorkingDays">Working days until somebody is called; the trade goes on waiting.</param>
internal sealed record EnergyConfirmation(int AnswerWorkingDays) : Rule
{
    public override Refused? Check() => AnswerWorkingDays is < 1 or > 250 ? Wrong("answerWorkingDays", "1 to 250") : null;
}

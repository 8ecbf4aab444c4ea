using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>R-CRE-02: a grade gates what may be done and scales the deposit.</summary>
/// <param name="Grades">From the best down; the last one begins at 0.</param>
internal sealed record CreditGrades(IReadOnlyList<CreditGrade> Grades) : Rule
{
    public override Refused? Check()
    {
        if (Grades.Count == 0 || Grades[^1].FromScore != 0) return Wrong("grades.fromScore", Grades.Count == 0 ? "" : Grades[^1].Grade);
        for (var i = 0; i < Grades.Count; i++)
        {
            if (Grades[i].FromScore is < 0 or > 100 || (i > 0 && Grades[i].FromScore >= Grades[i - 1].FromScore)) return Wrong("grades.fromScore", Grades[i].Grade);
            if (Grades[i].DepositFactor is <= 0 || string.IsNullOrWhiteSpace(Grades[i].Grade)) return Wrong("grades.depositFactor", Grades[i].Grade);
        }

        return null;
    }

    /// <param name="score">0 to 100.</param>
    public CreditGrade Of(int score) => Grades.First(g => score >= g.FromScore);

    public Refused? Judge(int score, bool buys)
    {
        var grade = Of(score);
        return grade.Trade switch
        {
            CreditTrade.Yes => null,
            CreditTrade.SellOnly when !buys => null,
            _ => Refused.Because("CREDIT_GRADE", "R-CRE-02").With("grade", grade.Grade).With("score", score.ToString(System.Globalization.CultureInfo.InvariantCulture)).With("may", grade.Trade.ToString()),
        };
    }
}

internal enum CreditTrade { Yes = 1, SellOnly = 2, No = 3 }

/// <param name="FromScore">Least score of the grade.</param>
/// <param name="DepositFactor">Of the usual deposit; null: no deposit opens the door.</param>
internal sealed record CreditGrade(string Grade, int FromScore, decimal? DepositFactor, CreditTrade Trade);

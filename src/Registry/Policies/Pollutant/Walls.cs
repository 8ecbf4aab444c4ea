using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Pollutant;

/// <summary>R-POL-06: between whom nothing is traded. A wall stands around classes of source; a trade that crosses it is barred.</summary>
internal sealed record Walls(IReadOnlyList<Wall> Standing) : Rule
{
    public override Refused? Check() => Standing.FirstOrDefault(w => w.Around.Count == 0) is { } wrong ? Wrong("standing.around", wrong.Name) : null;

    public Refused? Judge(Medium medium, string? seller, string? buyer)
    {
        foreach (var wall in Standing)
        {
            if (wall.Medium is { } only && only != medium) continue;
            if (wall.Around.Contains(seller, StringComparer.Ordinal) == wall.Around.Contains(buyer, StringComparer.Ordinal)) continue;
            return Refused.Because("CLASS_WALL", "R-POL-06").With("wall", wall.Name).With("seller", seller ?? "none").With("buyer", buyer ?? "none");
        }

        return null;
    }
}

/// <param name="Medium">Null: it stands for every indicator.</param>
internal sealed record Wall(string Name, Medium? Medium, IReadOnlyList<string> Around);

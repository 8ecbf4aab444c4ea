using Trading.Registry.Contracts;

namespace Trading.Registry.Policies.Common;

/// <summary>Projects that a province guarantees (重大项目, R-ENE-07): served first from its reserve, at the listed price.</summary>
internal sealed record KeyProjects(IReadOnlyList<KeyProject> Projects) : Rule
{
    public override Refused? Check() =>
        Projects.FirstOrDefault(p => string.IsNullOrWhiteSpace(p.Participant) || string.IsNullOrWhiteSpace(p.Code) || string.IsNullOrWhiteSpace(p.Document)) is { } blank ? Wrong("projects", blank.Code)
        : Projects.GroupBy(p => p.Code, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice ? Wrong("projects.code", twice.Key) : null;
}

/// <param name="Participant">Whose project it is, by id.</param>
/// <param name="Code">Of its approval.</param>
/// <param name="Document">By which it became one.</param>
internal sealed record KeyProject(string Participant, string Code, string Document);

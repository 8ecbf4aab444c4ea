using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Trading.Tidy;

/// <summary>Who may know whom (ARCHITECTURE.md, rule 9).</summary>
public sealed class Arrows
{
    private static readonly Dictionary<string, System.Reflection.Assembly> Modules = new(StringComparer.Ordinal)
    {
        ["Matching.Core"] = typeof(Matching.Core.Market).Assembly,
        ["Matching"] = typeof(Matching.MatchingModule).Assembly,
        ["Registry"] = typeof(Registry.RegistryModule).Assembly,
        ["Settlement"] = typeof(Settlement.SettlementModule).Assembly,
        ["Surveillance"] = typeof(Surveillance.Audit.Auditor).Assembly,
        ["Embedded"] = typeof(Embedded.EmbeddedPostgres).Assembly,
        ["Gateway"] = typeof(Gateway.CodeBook).Assembly,
    };

    private static readonly Architecture House = new ArchLoader().LoadAssemblies([.. Modules.Values]).Build();

    [Theory]
    [InlineData("Matching.Core", "")]
    [InlineData("Matching", "Matching.Core")]
    [InlineData("Registry", "")]
    [InlineData("Settlement", "Matching.Core,Matching,Registry")]
    [InlineData("Surveillance", "Matching.Core,Matching,Registry,Settlement")]
    [InlineData("Embedded", "")]
    [InlineData("Gateway", "Matching.Core,Matching,Registry,Settlement,Surveillance,Embedded")]
    public void Lead_only_where_they_may(string module, string may)
    {
        var allowed = may.Split(',', StringSplitOptions.RemoveEmptyEntries).Append(module).Select(m => Modules[m].GetName().Name).ToHashSet(StringComparer.Ordinal);
        var ours = Modules.Values.Select(a => a.GetName().Name).ToHashSet(StringComparer.Ordinal);
        var crossed = House.Types.Where(t => NameOf(t) == Modules[module].GetName().Name)
            .SelectMany(t => t.Dependencies.Select(d => (From: t.FullName, To: d.Target)))
            .Where(d => ours.Contains(NameOf(d.To)) && !allowed.Contains(NameOf(d.To)))
            .Select(d => $"{d.From} knows {d.To.FullName}").Distinct().Take(5);
        Assert.Empty(crossed);
    }

    [Fact]
    public void The_core_references_nothing_but_the_runtime() =>
        Assert.All(Modules["Matching.Core"].GetReferencedAssemblies(), a => Assert.StartsWith("System.", a.Name, StringComparison.Ordinal));

    [Theory, InlineData("Matching"), InlineData("Registry"), InlineData("Settlement")]
    public void No_module_behind_the_door_knows_the_web(string module) =>
        Assert.DoesNotContain(Modules[module].GetReferencedAssemblies(), a => a.Name is { } name && name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));

    [Theory]
    [InlineData("Matching")]
    [InlineData("Registry")]
    [InlineData("Settlement")]
    public void Only_contracts_and_the_module_are_public(string module)
    {
        // A bus consumer and its message must be public for the library that builds them; a credit code is checked by forms too.
        string[] besides = ["DeliveryChanged", "DeskOpener", "NoticeLog", "CreditCode"];
        var open = Modules[module].GetExportedTypes()
            .Where(t => t.Namespace != $"Trading.{module}.Contracts" && !t.Name.EndsWith("Module", StringComparison.Ordinal) && !t.Name.EndsWith("Schema", StringComparison.Ordinal) && !besides.Contains(t.Name, StringComparer.Ordinal))
            .Select(t => t.FullName);
        Assert.Empty(open);
    }

    private static string NameOf(IType type) => type.Assembly?.Name.Split(',')[0] ?? "";
}

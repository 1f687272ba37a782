using System.Xml.Linq;

namespace Holdfast.Architecture.Tests;

/// <summary>Which project may use which, as <c>docs/architecture.md</c> draws it. References only ever point downward.</summary>
public sealed class LayerTests
{
    // The reason stands in the failure, so that whoever meets the rule learns what it protects.
    private static readonly Dictionary<string, (string[] MayUse, string Reason)> Rules = new(StringComparer.Ordinal)
    {
        ["Holdfast.Core"] = (
            [],
            "Core is the vocabulary and the pure rules. If it used anything, a rule could no longer be tested by itself."
        ),
        ["Holdfast.Api"] = (
            ["Holdfast.Core"],
            "Programs build on the contract and its client. If it used more, they would need parts of the server, too."
        ),
        ["Holdfast.Archive"] = (
            ["Holdfast.Core"],
            "Archive turns items into bytes and back. If it knew engines or destinations, an archive would depend on what made it."
        ),
        ["Holdfast.Engines"] = (
            ["Holdfast.Core", "Holdfast.Archive"],
            "An engine hands items to a sink. If it knew destinations or use cases, each engine would grow its own backup."
        ),
        ["Holdfast.Destinations"] = (
            ["Holdfast.Core", "Holdfast.Archive"],
            "A destination stores bytes. If it knew engines, a new engine could break every destination."
        ),
        ["Holdfast.State"] = (["Holdfast.Core"], "The state store keeps values. What they mean is the business of the rooms above."),
        ["Holdfast.Node"] = (
            ["Holdfast.Core", "Holdfast.Archive", "Holdfast.Engines", "Holdfast.Destinations", "Holdfast.State"],
            "Use cases work on contracts. If they named one engine or destination, the next one would need them changed."
        ),
        ["Holdfast.Studio"] = (
            ["Holdfast.Core", "Holdfast.Api"],
            "Studio is a client of the API. If it used more, it could do what other clients cannot, and what roles forbid."
        ),
    };

    private static readonly IReadOnlyDictionary<string, XDocument> Sources = Repository.Projects("src");

    public static TheoryData<string> Names => [.. Sources.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_uses_only_rooms_below_it(string name)
    {
        var (mayUse, reason) = RuleFor(name);
        Assert.All(Sources[name].References(), used => Assert.True(mayUse.Contains(used), $"{name} must not use {used}. {reason}"));
    }

    [Fact]
    public void Core_has_no_package_but_Cronos() =>
        Assert.All(Sources["Holdfast.Core"].Included("PackageReference"), package =>
            Assert.True(package == "Cronos", $"Holdfast.Core must not use {package}: every other room, and every plugin, would inherit it.")
        );

    [Fact]
    public void Core_does_no_input_or_output()
    {
        string[] banned = ["System.IO", "System.Net", "System.Diagnostics.Process", "System.Console", "Microsoft."];
        var used = typeof(Core.Errors.Error).Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToList();
        Assert.All(used, a => Assert.DoesNotContain(banned, b => a.StartsWith(b, StringComparison.Ordinal)));
        Assert.All(
            Repository
                .TextFiles()
                .Where(f => f.StartsWith("src/Holdfast.Core/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal)),
            f => Assert.False(UsesFiles(Repository.Read(f)), $"{f} reads or writes files. Core is pure: pass what it needs as a value.")
        );
        static bool UsesFiles(string code) =>
            System.Text.RegularExpressions.Regex.IsMatch(code, @"\b(using System\.(IO|Net)\b|(File|Directory|Console|Environment)\.[A-Z])");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_that_may_use_a_kind_of_room_uses_its_contract_only(string name)
    {
        if (name is "Holdfast.Cli")
        {
            return; // the composition root names what it composes
        }
        Assert.All(Sources[name].References(), used =>
            Assert.True(
                used.Split('.').Length == 2,
                $"{name} must not name {used}: only a composition root picks an engine, destination or store."
            )
        );
    }

    // Holdfast.Engines.Sqlite follows the rule of an engine: the contract, and what lies under it.
    private static (string[] MayUse, string Reason) RuleFor(string name)
    {
        if (Rules.TryGetValue(name, out var rule))
        {
            return rule;
        }
        if (name is "Holdfast.Server" or "Holdfast.Cli")
        {
            return ([.. Sources.Keys.Where(n => n != "Holdfast.Cli" && (name == "Holdfast.Cli" || n != "Holdfast.Studio"))], "");
        }
        var family = string.Join('.', name.Split('.')[..^1]);
        Assert.True(Rules.ContainsKey(family), $"{name} has no rule. Add it here and to docs/architecture.md, with its reason.");
        return ([family, .. Rules[family].MayUse], $"{name} is a driver: it keeps the promises of {family} and knows nothing above it.");
    }
}

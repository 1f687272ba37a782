using System.Text.RegularExpressions;

namespace Holdfast.Architecture.Tests;

/// <summary>
/// A kind of engine or destination is named by its own project and by the line that registers it. What else named one
/// would have to be changed for the next.
/// </summary>
public sealed partial class KindTests
{
    private static readonly string[] Allowed =
    [
        "src/Holdfast.Engines.Sqlite/",
        "src/Holdfast.Engines.PostgreSql/",
        "src/Holdfast.Destinations.Local/",
        "src/Holdfast.Destinations.S3/",
        "src/Holdfast.Cli/Drivers.cs", // registers them
        "src/Holdfast.Engines/Sources/SourceConfig.cs", // "local" is the default name of a source there, and no kind
    ];

    [Fact]
    public void No_file_names_a_kind_outside_of_its_project() =>
        Assert.Empty(Lines(line => Kind().IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    [Fact]
    public void Only_the_registration_uses_types_of_a_driver() =>
        Assert.DoesNotContain(
            Lines(line => DriverNamespace().IsMatch(line)),
            // the command is also the process that reads databases for the engine
            l => !l.StartsWith("src/Holdfast.Cli/Processes/SqliteReaderProcess.cs", StringComparison.Ordinal)
        );

    private static IEnumerable<string> Lines(Func<string, bool> breaksTheRule) =>
        Repository
            .TextFiles()
            .Where(f => f.StartsWith("src/", StringComparison.Ordinal) && (f.EndsWith(".cs", StringComparison.Ordinal) || IsPage(f)))
            .Where(f => !Allowed.Any(a => f.StartsWith(a, StringComparison.Ordinal)))
            .SelectMany(f => Repository.Read(f).Split('\n').Where(breaksTheRule).Select(l => $"{f}: {l.Trim()}"));

    private static bool IsPage(string file) => file.EndsWith(".razor", StringComparison.Ordinal);

    [GeneratedRegex(@"[""'=](sqlite|postgresql|local|s3)[""'&]")]
    private static partial Regex Kind();

    [GeneratedRegex(@"^using Holdfast\.(Engines\.(Sqlite|PostgreSql)|Destinations\.(Local|S3))\b")]
    private static partial Regex DriverNamespace();
}

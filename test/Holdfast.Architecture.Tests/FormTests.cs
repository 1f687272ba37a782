using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Holdfast.Architecture.Tests;

/// <summary>The form of the code: line length, parameters, folder sizes, and names that were replaced by standard terms.</summary>
public sealed class FormTests
{
    private const int LongestLine = 140;
    private const int MostParameters = 7;
    private const int MostFiles = 20;

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    // Names that this code once used and a database engineer would not understand; docs/architecture.md has the terms.
    private static readonly string[] Replaced =
    [
        "SourceBook",
        "TaskBook",
        "DestinationBook",
        "OperationBook",
        "AlertBook",
        "AlertLook",
        "Touch",
        "RetentionDesk",
        "LookAsync",
        "LastLook",
        "StoredPath",
        "Around",
        "Surroundings",
        "BackupExecutor",
        "Sweep",
        "RestoreAsk",
        "VerifyAsk",
        "RunPatientlyAsync",
        "ToItsEndAsync",
        "LiveOperation",
        "Tell",
        "StateRecords",
        "ReachAsync",
        "PassAsync",
        "ChainSurvey",
        "ChainChooser",
        "InvalidException",
        "Fault",
        "FoundPlace",
        "FoundBackups",
        "Begun",
        "DatabaseStanding",
        "SourceTrial",
        "HeldPages",
        "DumpHold",
        "SmallLane",
        "Believable",
        "OnTime",
    ];

    public static TheoryData<string> SourceFiles { get; } =
    [.. Repository.TextFiles().Where(f => Regex.IsMatch(f, @"^(src|test)/.*\.(cs|razor)$", RegexOptions.CultureInvariant))];

    [Fact]
    public void No_line_of_the_source_is_longer_than_the_editor_configuration_allows()
    {
        Assert.Contains($"max_line_length = {LongestLine}", Repository.Read(".editorconfig"), StringComparison.Ordinal);
        var tooLong = SourceFiles
            .Select(f => f.Data)
            .SelectMany(f => Repository.Read(f).Split('\n').Select((text, i) => (Where: $"{f}:{i + 1}", text.Length)))
            .Where(l => l.Length > LongestLine)
            .Select(l => $"{l.Where} ({l.Length})");
        AssertNone(tooLong);
    }

    [Fact]
    public void No_method_has_more_parameters_than_a_reader_can_tell_apart()
    {
        var tooMany = Product
            .Assemblies.SelectMany(a => a.GetTypes())
            .Where(t => t.Namespace?.StartsWith("Holdfast", StringComparison.Ordinal) == true && !IsGenerated(t))
            .SelectMany(t => t.GetConstructors(Declared).Concat<MethodBase>(t.GetMethods(Declared)))
            .Where(m => m.GetParameters().Length > MostParameters && !IsExempt(m))
            .Select(m => $"{m.DeclaringType!.FullName}.{m.Name}: {m.GetParameters().Length}");
        AssertNone(tooMany.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_folder_has_more_files_than_a_reader_can_scan()
    {
        var tooMany = SourceFiles
            .Select(f => f.Data)
            .GroupBy(f => Path.GetDirectoryName(f)!, StringComparer.Ordinal)
            .Where(g => g.Count(f => !f.EndsWith(".razor.cs", StringComparison.Ordinal)) > MostFiles)
            .Select(g => $"{g.Key}: {g.Count()}");
        AssertNone(tooMany);
    }

    [Fact]
    public void No_name_that_was_replaced_by_a_standard_term_comes_back()
    {
        var types = Product.Assemblies.SelectMany(a => a.GetTypes()).Where(t => !IsGenerated(t)).ToList();
        var names = types
            .Where(t => t.Namespace?.StartsWith("Holdfast", StringComparison.Ordinal) == true)
            .SelectMany(t => t.GetMembers(Declared).Select(m => m.Name).Append(t.Name.Split('`')[0]).Concat(t.Namespace!.Split('.')))
            .ToHashSet(StringComparer.Ordinal);
        Assert.All(Replaced, name => Assert.DoesNotContain(name, names));
    }

    private static void AssertNone(IEnumerable<string> found)
    {
        var all = string.Join('\n', found);
        Assert.True(all.Length == 0, all);
    }

    // A native function has the parameters of its library, and a log method those of its message.
    private static bool IsExempt(MethodBase method) =>
        IsGenerated(method)
        || method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)
        || method.GetCustomAttribute<DllImportAttribute>() is not null
        || method.GetCustomAttribute<LoggerMessageAttribute>() is not null
        || method.Name == "Deconstruct"
        || Attribute.IsDefined(method, typeof(System.CodeDom.Compiler.GeneratedCodeAttribute));

    private static bool IsGenerated(MemberInfo member) =>
        Attribute.IsDefined(member, typeof(CompilerGeneratedAttribute))
        || Attribute.IsDefined(member, typeof(System.CodeDom.Compiler.GeneratedCodeAttribute))
        || (member.DeclaringType is { } outer && IsGenerated(outer));
}

using System.Text.RegularExpressions;

namespace Holdfast.Docs.Tests;

/// <summary><c>docs/cli.md</c> lists exactly the verbs and options that exist.</summary>
public sealed class CommandPageTests
{
    private static readonly Regex Option = new(@"--[a-z][a-z-]+");

    [Fact]
    public async Task The_page_and_the_help_list_the_same_options()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var shell = new Shell();
        var page = await File.ReadAllTextAsync(Path.Combine(Page.Root, "docs/cli.md"), cancellationToken);
        var help = (await shell.RunAsync("holdfast --help", cancellationToken)).Output;
        var verbs = Commands(help);
        Assert.True(verbs.Count >= 18, help);
        foreach (var verb in verbs)
        {
            var section = Regex
                .Match(page, $@"^## holdfast {verb}\n(.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline)
                .Value;
            Assert.True(section.Length > 0, $"docs/cli.md has no section 'holdfast {verb}'.");
            Assert.All(Commands((await shell.RunAsync($"holdfast {verb} --help", cancellationToken)).Output), c =>
                Assert.True(Regex.IsMatch(section, $@"`[^`]*\b{c}\b[^`]*`"), $"holdfast {verb} {c} is not in its section.")
            );
            var table = string.Join(
                '\n',
                section.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|')[1])
            );
            var options = await OptionsAsync(shell, verb, cancellationToken);
            Assert.True(
                options.SetEquals(Option.Matches(table).Select(m => m.Value)),
                $"holdfast {verb}: the help has {string.Join(' ', options)}, docs/cli.md has {table}"
            );
        }
    }

    [Fact]
    public async Task Every_exit_code_of_the_help_is_on_the_page()
    {
        using var shell = new Shell();
        var help = (await shell.RunAsync("holdfast --help", TestContext.Current.CancellationToken)).Output;
        var page = await File.ReadAllTextAsync(Path.Combine(Page.Root, "docs/cli.md"), TestContext.Current.CancellationToken);
        for (var code = 0; code <= 8; code++)
        {
            Assert.Matches($@"\b{code} [a-z]", help);
            Assert.Contains($"| {code} |", page, StringComparison.Ordinal);
        }
    }

    private static List<string> Commands(string help) =>
        help.IndexOf("Commands:", StringComparison.Ordinal) is >= 0 and var at
            ? [.. Regex.Matches(help[at..], "^  ([a-z-]+)", RegexOptions.Multiline).Select(m => m.Groups[1].Value)]
            : [];

    // The first word of each line under "Options:", of the verb and of its subcommands; descriptions may name other options.
    private static async Task<HashSet<string>> OptionsAsync(Shell shell, string verb, CancellationToken cancellationToken)
    {
        var help = (await shell.RunAsync($"holdfast {verb} --help", cancellationToken)).Output;
        HashSet<string> found = [];
        foreach (var command in Commands(help))
        {
            found.UnionWith(await OptionsAsync(shell, $"{verb} {command}", cancellationToken));
        }
        return
        [
            .. found,
            .. Regex
                .Matches(help[help.IndexOf("Options:", StringComparison.Ordinal)..], @"^  (?:-.*, )?(--[a-z-]+)", RegexOptions.Multiline)
                .Select(m => m.Groups[1].Value)
                .Except(["--help", "--version", "--output"]),
        ];
    }
}

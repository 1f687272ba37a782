using System.Text.RegularExpressions;
using Holdfast.Core.Errors;

namespace Holdfast.Architecture.Tests;

/// <summary>The failures of destinations are on the page that explains them, with the codes that scripts get.</summary>
public sealed partial class ErrorDocumentationTests
{
    [Fact]
    public void Every_failure_of_a_destination_is_documented_with_its_status_code()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/destinations.md"));
        var documented = Row().Matches(page).Select(m => (m.Groups[1].Value, m.Groups[2].Value)).ToList();
        var inCode = typeof(ErrorCatalog)
            .GetFields()
            .Select(f => f.GetValue(null))
            .OfType<Error>()
            .Where(e => e.Code.StartsWith("destination-", StringComparison.Ordinal))
            .Select(e => (e.Code, $"{e.HttpStatus}"))
            .ToList();
        Assert.NotEmpty(inCode);
        Assert.Equal(inCode.Order(), documented.Order());
    }

    [GeneratedRegex(@"^\| `(destination-[a-z]+)` \| (\d{3}) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}

using Holdfast.Core.Operations;

namespace Holdfast.Core.Tests.Operations;

/// <summary>Limits on what is stored of an operation.</summary>
public sealed class TruncationTests
{
    [Fact]
    public void The_first_hundred_texts_are_kept_and_the_others_are_counted()
    {
        var warnings = new OperationResult { Warnings = [.. Enumerable.Range(1, 5_000).Select(i => $"warning {i}")] }.Warnings;
        Assert.Equal(101, warnings.Count);
        Assert.Equal(("warning 100", "and 4900 more"), (warnings[99], warnings[100]));
        Assert.Equal(warnings, new OperationResult { Warnings = warnings }.Warnings); // truncating again changes nothing
    }

    [Fact]
    public void A_long_text_is_truncated_but_never_within_a_character()
    {
        var text = Truncation.TruncateTexts([new string('x', Truncation.MaxTextLength - 1) + "🙂🙂"])[0];
        Assert.Equal(new string('x', Truncation.MaxTextLength - 1) + "…", text);
    }

    [Fact]
    public void The_first_hundred_of_each_list_are_kept_and_the_others_are_counted()
    {
        var (kept, more) = Truncation.TruncateLists(
            new Dictionary<string, IReadOnlyList<string>> { ["nas"] = [.. Enumerable.Range(1, 130).Select(i => $"{i}")], ["usb"] = ["1"] }
        );
        Assert.Equal((100, 1), (kept!["nas"].Count, kept["usb"].Count));
        Assert.Equal(30, Assert.Single(more!).Value);
        Assert.Equal((null, null), Truncation.TruncateLists(new Dictionary<string, IReadOnlyList<string>>()));
    }
}

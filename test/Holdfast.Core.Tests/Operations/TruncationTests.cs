using Holdfast.Core.Operations;

namespace Holdfast.Core.Tests.Operations;

/// <summary>What is stored of an operation stays small.</summary>
public sealed class TruncationTests
{
    [Fact]
    public void Of_many_texts_the_first_hundred_are_kept_and_the_others_are_counted()
    {
        var warnings = new OperationResult { Warnings = [.. Enumerable.Range(1, 5_000).Select(i => $"warning {i}")] }.Warnings;
        Assert.Equal(101, warnings.Count);
        Assert.Equal(("warning 100", "and 4900 more"), (warnings[99], warnings[100]));
        Assert.Equal(warnings, new OperationResult { Warnings = warnings }.Warnings); // read again, it stays as it is
    }

    [Fact]
    public void A_text_that_is_too_long_is_cut_and_never_in_the_middle_of_a_character()
    {
        var text = Truncation.TruncateTexts([new string('x', Truncation.MaxTextLength - 1) + "🙂🙂"])[0];
        Assert.Equal(new string('x', Truncation.MaxTextLength - 1) + "…", text);
    }

    [Fact]
    public void Of_each_list_the_first_hundred_are_kept_and_the_others_are_counted()
    {
        var (kept, more) = Truncation.TruncateLists(
            new Dictionary<string, IReadOnlyList<string>> { ["nas"] = [.. Enumerable.Range(1, 130).Select(i => $"{i}")], ["usb"] = ["1"] }
        );
        Assert.Equal((100, 1), (kept!["nas"].Count, kept["usb"].Count));
        Assert.Equal(30, Assert.Single(more!).Value);
        Assert.Equal((null, null), Truncation.TruncateLists(new Dictionary<string, IReadOnlyList<string>>()));
    }
}

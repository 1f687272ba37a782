using Holdfast.Core.Errors;

namespace Holdfast.Core.Tests.Errors;

public sealed class SentenceTests
{
    [Theory]
    [InlineData("Connection refused", "Check that it runs.", "Connection refused. Check that it runs.")]
    [InlineData("permission denied for large object 16597", "GRANT SELECT …", "permission denied for large object 16597. GRANT SELECT …")]
    [InlineData("It is locked.", "Wait.", "It is locked. Wait.")]
    [InlineData("Is it there?", "Look.", "Is it there? Look.")]
    [InlineData("cut off…", "Again.", "cut off… Again.")]
    [InlineData("It ends with a line\n", "Look.", "It ends with a line. Look.")]
    [InlineData("no hint", null, "no hint")]
    [InlineData("no hint", "", "no hint")]
    [InlineData("", "Look.", " Look.")]
    public void A_hint_follows_a_complete_sentence(string message, string? hint, string joined) =>
        Assert.Equal(joined, Sentence.Join(message, hint));
}

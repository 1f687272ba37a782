using Holdfast.Core.Encryption;

namespace Holdfast.Core.Tests.Encryption;

/// <summary>Keys of databases.</summary>
public sealed class DatabaseKeyTests
{
    [Fact]
    public void A_key_never_appears_in_its_text_form()
    {
        Assert.Equal("passphrase", DatabaseKey.FromPassphrase("correct horse").ToString());
        Assert.Equal("raw key", DatabaseKey.FromRaw(new byte[32]).ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_raw_key_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => DatabaseKey.FromRaw(new byte[length]));
}

namespace Holdfast.Archive.Tests;

/// <summary>How file systems say that they have no hard links.</summary>
public sealed class HardLinksTests
{
    [Theory]
    [InlineData(1, true)] // EPERM: exFAT
    [InlineData(38, true)] // ENOSYS: FUSE
    [InlineData(95, true)] // EOPNOTSUPP
    [InlineData(17, false)] // EEXIST: the name is taken
    [InlineData(13, false)] // EACCES
    public void A_name_that_is_taken_is_told_from_a_file_system_without_them(int error, bool areMissing) =>
        Assert.Equal(areMissing, HardLinks.AreUnsupported(error));
}

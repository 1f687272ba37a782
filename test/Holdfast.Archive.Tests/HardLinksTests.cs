namespace Holdfast.Archive.Tests;

/// <summary>Errors of file systems without hard links.</summary>
public sealed class HardLinksTests
{
    [Theory]
    [InlineData(1, true)] // EPERM: exFAT
    [InlineData(38, true)] // ENOSYS: FUSE
    [InlineData(95, true)] // EOPNOTSUPP
    [InlineData(17, false)] // EEXIST: the name is taken
    [InlineData(13, false)] // EACCES
    public void A_taken_name_is_distinguished_from_a_file_system_without_hard_links(int error, bool areMissing) =>
        Assert.Equal(areMissing, HardLinks.AreUnsupported(error));
}

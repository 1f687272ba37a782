using System.Diagnostics;
using Holdfast.Engines.Sqlite.Discovery;

namespace Holdfast.Engines.Sqlite.Tests.Readers;

public sealed class FileWriteAccessTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public FileWriteAccessTests()
    {
        _folder.Make("own.db");
        _folder.Make("sub/deep/own.db");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_that_only_this_user_can_write_are_trusted()
    {
        Assert.False(FileWriteAccess.CanOthersWrite(_folder.Root, "own.db"));
        Assert.False(FileWriteAccess.CanOthersWrite(_folder.Root, "sub/deep/own.db"));
        Assert.False(FileWriteAccess.CanOthersWrite(_folder.Root, "missing.db"));
    }

    [Theory]
    [InlineData("", 0b111_010_000)]
    [InlineData("", 0b111_000_010)]
    [InlineData("sub", 0b111_010_000)]
    [InlineData("sub/deep", 0b111_010_000)]
    [InlineData("sub/deep/own.db", 0b110_010_000)]
    public void A_folder_or_file_that_others_can_write_is_detected(string what, int mode)
    {
        File.SetUnixFileMode(Path.Combine(_folder.Root, what), (UnixFileMode)mode);
        Assert.True(FileWriteAccess.CanOthersWrite(_folder.Root, "sub/deep/own.db"));
    }

    [Theory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    [InlineData("-journal")]
    public void A_side_file_that_others_can_write_is_detected(string ending)
    {
        File.WriteAllText(_folder["own.db" + ending], "");
        Assert.False(FileWriteAccess.CanOthersWrite(_folder.Root, "own.db"));
        File.SetUnixFileMode(_folder["own.db" + ending], (UnixFileMode)0b110_110_110);
        Assert.True(FileWriteAccess.CanOthersWrite(_folder.Root, "own.db"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sub/deep/own.db")]
    public void A_file_owned_by_another_user_is_detected(string what)
    {
        if (Environment.UserName != "root")
        {
            Assert.Skip("Only root can give a file away.");
        }
        using var chown = Process.Start("chown", ["12345", Path.Combine(_folder.Root, what)]);
        chown.WaitForExit();
        Assert.True(FileWriteAccess.CanOthersWrite(_folder.Root, "sub/deep/own.db"));
    }
}

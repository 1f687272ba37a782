using System.Collections.Concurrent;
using Holdfast.Archive;
using Holdfast.Archive.Age;
using Holdfast.Node.Keys;
using Holdfast.Server.Audit;
using Holdfast.Server.Files;

namespace Holdfast.Server.Tests;

/// <summary>The names of files that must not be lost are on disk too: the folder is flushed after the rename.</summary>
public sealed class FolderFlushTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-flush-").FullName;
    private readonly ConcurrentQueue<string> _flushed = new();

    public FolderFlushTests() => FolderFlush.Flushed += Note;

    public void Dispose()
    {
        FolderFlush.Flushed -= Note;
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_name_of_a_private_file_is_flushed()
    {
        PrivateFile.Write(Path.Combine(_folder, "admin-password"), "secret"u8);
        Assert.Equal([_folder], _flushed);
    }

    [Fact]
    public void The_name_of_a_new_key_file_is_flushed()
    {
        KeyFile.Write(Path.Combine(_folder, "backup.key"), AgeIdentity.Generate(), DateTimeOffset.UnixEpoch);
        Assert.Equal([_folder], _flushed);
    }

    [Fact]
    public void The_nodes_key_and_the_folders_created_for_it_are_flushed()
    {
        NodeKey.LoadOrCreate(Path.Combine(_folder, "a", "b", "node.key"), TimeProvider.System);
        Assert.Equal([_folder, Path.Combine(_folder, "a"), Path.Combine(_folder, "a", "b")], _flushed);
    }

    [Fact]
    public void A_new_data_folder_is_flushed()
    {
        new DataFolder(Path.Combine(_folder, "data")).Create();
        Assert.Equal([_folder, Path.Combine(_folder, "data")], _flushed);
    }

    [Fact]
    public async Task The_name_of_a_new_audit_log_is_flushed()
    {
        await using var log = AuditLog.Open(Path.Combine(_folder, "audit.log"), TimeProvider.System);
        Assert.Equal([_folder], _flushed);
    }

    // Other tests flush their own folders at the same time.
    private void Note(string folder)
    {
        if (folder.StartsWith(_folder, StringComparison.Ordinal))
        {
            _flushed.Enqueue(folder);
        }
    }
}

using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines;

/// <summary>One database as it stood at one moment. Writers are held up only as far as the engine's page in the docs says.</summary>
public interface IDatabaseView : IAsyncDisposable
{
    /// <summary>What is made, after any fallback.</summary>
    BackupType Type { get; }

    /// <summary>Why that is not what was asked for; null where it is.</summary>
    string? TypeReason { get; }

    /// <summary>Whether the database itself is encrypted.</summary>
    bool IsEncrypted { get; }

    /// <summary>Version of the software that the database belongs to.</summary>
    string EngineVersion { get; }

    /// <summary>Two views with equal tokens show the same contents. Null where the engine cannot tell cheaply.</summary>
    string? ChangeToken { get; }

    /// <summary>Roughly how many bytes the database has.</summary>
    long ExpectedBytes { get; }

    /// <summary>
    /// Things that the operator should know of this backup, told in table and manifest. <see cref="WriteAsync"/> may
    /// add to them.
    /// </summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>
    /// What the source says of itself where this view is read, as <see cref="IDatabaseSource.DescribeAsync"/> would:
    /// asked when the view was open, or not
    /// longer than a second before. Another server or file system may have come in its place since it was looked at.
    /// Null where the engine does not tell.
    /// </summary>
    SourceInfo? Source => null;

    /// <summary>Owner and mode of the file that the database is; null where it is none.</summary>
    FilePermissions? File => null;

    /// <summary>
    /// Hands all items to <paramref name="sink"/>, once, and returns the fingerprint. It tells nothing of what is
    /// inside an encrypted database's snapshot.
    /// </summary>
    Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken);
}

using Holdfast.Archive.Format;
using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.Views;

/// <summary>A consistent view of one database. Its impact on writers is documented on the engine's page.</summary>
public interface IDatabaseView : IAsyncDisposable
{
    /// <summary>The type of archive that is made, after any fallback.</summary>
    BackupType Type { get; }

    /// <summary>Why the type differs from the requested one; null if it does not.</summary>
    string? TypeReason { get; }

    /// <summary>Whether the database itself is encrypted.</summary>
    bool IsEncrypted { get; }

    /// <summary>Version of the database software.</summary>
    string EngineVersion { get; }

    /// <summary>Change token: views with equal tokens have equal contents. Null if the engine has no cheap token.</summary>
    string? ChangeToken { get; }

    /// <summary>Estimated size of the database, in bytes.</summary>
    long ExpectedBytes { get; }

    /// <summary>
    /// Warnings for the operator, shown in the output and stored in the manifest. <see cref="WriteAsync"/> may add to them.
    /// </summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>
    /// The source that this view reads, as <see cref="IDatabaseSource.DescribeAsync"/> describes it, queried when the view was open or at
    /// most a second before: another server or file system may have replaced the source since discovery. Null if the engine does not
    /// provide it.
    /// </summary>
    SourceInfo? Source => null;

    /// <summary>Owner and mode of the database file; null if the database is not a file.</summary>
    FilePermissions? File => null;

    /// <summary>
    /// Writes all items to <paramref name="sink"/> and returns the fingerprint. May be called once. The fingerprint of a snapshot of an
    /// encrypted database reveals nothing about its contents.
    /// </summary>
    Task<IReadOnlyDictionary<string, string>> WriteAsync(IItemSink sink, CancellationToken cancellationToken);
}

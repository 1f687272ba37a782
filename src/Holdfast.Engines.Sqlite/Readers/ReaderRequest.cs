using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Views;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A request to a reader process.</summary>
internal sealed record ReaderRequest
{
    /// <summary>Number of the request; its reply has the same number.</summary>
    public long Id { get; init; }

    /// <summary>Number of the job.</summary>
    public long Job { get; init; }

    /// <summary>The command.</summary>
    public ReaderCommand Command { get; init; }

    /// <summary>The view to open, for <see cref="ReaderCommand.Open"/>.</summary>
    public Opening? Open { get; init; }

    /// <summary>First page, for <see cref="ReaderCommand.Pages"/>.</summary>
    public long FirstPage { get; init; }

    /// <summary>Number of bytes to read, for <see cref="ReaderCommand.Pages"/>.</summary>
    public int Length { get; init; }

    /// <summary>A database, and how to read it.</summary>
    /// <param name="Source">The source.</param>
    /// <param name="Database">The database as discovered.</param>
    /// <param name="Type">The requested type.</param>
    /// <param name="TypeReason">Why a snapshot is made instead of a logical backup.</param>
    /// <param name="RawKey">The database's key, if it is a raw key.</param>
    /// <param name="Passphrase">The database's key, if it is a passphrase.</param>
    internal sealed record Opening(
        SqliteSourceConfig Source,
        DiscoveredDatabase Database,
        BackupType Type,
        string? TypeReason,
        byte[]? RawKey,
        string? Passphrase
    )
    {
        /// <summary>Creates the view request.</summary>
        public ViewRequest ToRequest() =>
            new(
                Type,
                RawKey is not null ? DatabaseKey.FromRaw(RawKey)
                    : Passphrase is not null ? DatabaseKey.FromPassphrase(Passphrase)
                    : null
            )
            {
                Instead = TypeReason,
            };
    }
}

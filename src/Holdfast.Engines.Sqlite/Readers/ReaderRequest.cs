using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;

namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>One request to a reader process.</summary>
internal sealed record ReaderRequest
{
    /// <summary>Number of the request; its reply has the same.</summary>
    public long Id { get; init; }

    /// <summary>Number of the job.</summary>
    public long Job { get; init; }

    /// <summary>What is asked for.</summary>
    public ReaderCommand Command { get; init; }

    /// <summary>What to open, for <see cref="ReaderCommand.Open"/>.</summary>
    public Opening? Open { get; init; }

    /// <summary>First page, for <see cref="ReaderCommand.Pages"/>.</summary>
    public long FirstPage { get; init; }

    /// <summary>Bytes that are wanted, for <see cref="ReaderCommand.Pages"/>.</summary>
    public int Length { get; init; }

    /// <summary>One database, and how it is to be read.</summary>
    /// <param name="Source">The source.</param>
    /// <param name="Database">What discovery said of it.</param>
    /// <param name="Type">The type asked for.</param>
    /// <param name="TypeReason">Why a snapshot is made where a logical backup was asked for.</param>
    /// <param name="RawKey">The database's key, where it is a raw one.</param>
    /// <param name="Passphrase">The database's key, where it is a passphrase.</param>
    internal sealed record Opening(
        SqliteSourceConfig Source,
        DiscoveredDatabase Database,
        BackupType Type,
        string? TypeReason,
        byte[]? RawKey,
        string? Passphrase
    )
    {
        /// <summary>The request that this stands for.</summary>
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

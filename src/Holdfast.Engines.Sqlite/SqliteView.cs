using System.Globalization;
using Holdfast.Archive.Format;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.Engines.Sqlite.Image;

namespace Holdfast.Engines.Sqlite;

/// <summary>A view of an SQLite database at one moment.</summary>
internal sealed class SqliteView : IHeldView
{
    /// <summary>Name of the image item.</summary>
    public const string ImageItem = "database.sqlite";

    /// <summary>Name of the dump item.</summary>
    public const string ScriptItem = "dump.sql";

    /// <summary>Keys of an image's fingerprint.</summary>
    public const string PageSizeKey = "page-size",
        PageCountKey = "pages",
        EncryptedKey = "encrypted";

    private readonly PinnedImage _image;
    private readonly SqliteViewPlan _plan;
    private readonly DatabaseFile _file;
    private readonly DumpSource? _dumpSource;

    /// <summary>Takes ownership of <paramref name="image"/> and <paramref name="file"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="plan">What the view reads.</param>
    /// <param name="file">The database's file.</param>
    /// <param name="dumpSource">Releases the database in time for a logical backup; null for a snapshot.</param>
    public SqliteView(PinnedImage image, SqliteViewPlan plan, DatabaseFile file, DumpSource? dumpSource = null)
    {
        _image = image;
        _plan = plan;
        _file = file;
        _dumpSource = dumpSource;
    }

    /// <inheritdoc/>
    public SourceInfo? Source { get; set; }

    /// <inheritdoc/>
    public BackupType Type => _plan.Type;

    /// <inheritdoc/>
    public string? TypeReason => _plan.TypeReason;

    /// <inheritdoc/>
    public bool IsEncrypted => _plan.IsEncrypted;

    /// <inheritdoc/>
    public string EngineVersion => SqliteEngine.LibraryVersion;

    /// <inheritdoc/>
    public string? ChangeToken => _image.ChangeToken;

    /// <inheritdoc/>
    public long ExpectedBytes => _image.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => _plan.Warnings;

    /// <inheritdoc/>
    public FilePermissions? File => _plan.File;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        if (Type == BackupType.Backup)
        {
            return await DumpAsync(sink, cancellationToken);
        }
        await sink.WriteImageAsync(ImageItem, _image, cancellationToken);
        return new Dictionary<string, string>
        {
            [PageSizeKey] = _image.PageSize.ToString(CultureInfo.InvariantCulture),
            [PageCountKey] = _image.PageCount.ToString(CultureInfo.InvariantCulture),
            [EncryptedKey] = IsEncrypted ? "true" : "false",
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() =>
        await Task.Run(() =>
        {
            _dumpSource?.Dispose();
            _image.Dispose();
            _file.Dispose();
        });

    private async Task<IReadOnlyDictionary<string, string>> DumpAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string>? fingerprint = null;
        using (var connection = _dumpSource!.Open(_dumpSource.SelectOrigin(cancellationToken)))
        {
            await sink.WriteStreamAsync(
                ScriptItem,
                ExpectedBytes,
                async (output, token) => fingerprint = await _plan.Dump(connection, output, token),
                cancellationToken
            );
        }

        return fingerprint ?? throw new InvalidOperationException("The sink did not consume the dump.");
    }
}

using System.Globalization;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Image;
using Holdfast.Engines.Sqlite.Native;
using static Holdfast.Engines.Sqlite.Native.SqliteConstants;

namespace Holdfast.Engines.Sqlite;

/// <summary>One SQLite database, held at one moment.</summary>
internal sealed class SqliteView : IDatabaseView
{
    /// <summary>Name of the item that an image is.</summary>
    public const string ImageItem = "database.sqlite";

    /// <summary>Name of the item that a dump is.</summary>
    public const string ScriptItem = "dump.sql";

    /// <summary>Marks of an image's fingerprint.</summary>
    public const string PageSizeMark = "page-size", PageCountMark = "pages", EncryptedMark = "encrypted";

    private readonly HeldImage _image;
    private readonly SqliteViewPlan _plan;

    /// <summary>Takes over <paramref name="image"/>, which is the connection's own where a dump is to be made.</summary>
    public SqliteView(HeldImage image, SqliteViewPlan plan)
    {
        _image = image;
        _plan = plan;
    }

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
    public async Task<IReadOnlyDictionary<string, string>> WriteAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        if (Type == BackupType.Backup) return await DumpAsync(sink, cancellationToken);
        await sink.WriteImageAsync(ImageItem, _image, cancellationToken);
        return new Dictionary<string, string>
        {
            [PageSizeMark] = _image.PageSize.ToString(CultureInfo.InvariantCulture),
            [PageCountMark] = _image.PageCount.ToString(CultureInfo.InvariantCulture),
            [EncryptedMark] = IsEncrypted ? "true" : "false",
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.Run(_image.Dispose);

    private async Task<IReadOnlyDictionary<string, string>> DumpAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        var image = (ConnectionImage)_image;
        if (!image.HoldsWriters || image.Length / _plan.DumpRate <= _plan.Config.MaxWriterWait.TotalSeconds) 
        {
            var fingerprint = await DumpAsync(image.Connection, sink, cancellationToken);
            image.Dispose(); // nobody need wait until the archive is done
            return fingerprint;
        }

        // Writers wait while this database is read, and a dump would take too long: dump a copy of its pages, encrypted as they are.
        var spool = SpoolFile.Copy(image, 0, _plan.Config.SpoolFolder, named: true, cancellationToken);
        try
        {
            image.Dispose();
            spool.Dispose(); // closed before SQLite opens it: no lock is lost
            using var connection = SqliteConnection.Open(spool.Path, OpenReadWrite, _plan.Key);
            ConnectionImage.Begin(connection, _plan.Key);
            return await DumpAsync(connection, sink, cancellationToken);
        }
        finally
        {
            spool.Remove();
        }
    }

    private async Task<IReadOnlyDictionary<string, string>> DumpAsync(SqliteConnection connection, Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string>? fingerprint = null;
        await sink.WriteStreamAsync(ScriptItem, ExpectedBytes, async (output, token) => fingerprint = await _plan.Dump(connection, output, token), cancellationToken);
        return fingerprint ?? throw new InvalidOperationException("The sink did not take the dump.");
    }
}

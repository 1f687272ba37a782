using System.Globalization;
using System.IO.Pipelines;
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
    private readonly DumpHold? _hold;

    /// <summary>Takes over <paramref name="image"/>, which is the connection's own where a dump is to be made.</summary>
    /// <param name="image">The image.</param>
    /// <param name="plan">What is made.</param>
    /// <param name="hold">Lets the database go in time where a dump is to be made; null where it is not.</param>
    public SqliteView(HeldImage image, SqliteViewPlan plan, DumpHold? hold = null)
    {
        _image = image;
        _plan = plan;
        _hold = hold;
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
    public async ValueTask DisposeAsync() => await Task.Run(() =>
    {
        _hold?.Dispose();
        _image.Dispose();
    });

    private async Task<IReadOnlyDictionary<string, string>> DumpAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        var way = _hold!.Begin(cancellationToken);
        if (way == DumpWay.FromDatabase) return await DumpHeldAsync(sink, cancellationToken);
        if (way == DumpWay.FromMemory) return await DumpThroughMemoryAsync(sink, cancellationToken);
        using var connection = SqliteConnection.Open(_hold.CopyPath, OpenReadWrite, _plan.Key);
        ConnectionImage.Begin(connection, _plan.Key);
        return await DumpAsync(connection, sink, cancellationToken);
    }

    private async Task<IReadOnlyDictionary<string, string>> DumpHeldAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        var fingerprint = await DumpAsync(((ConnectionImage)_image).Connection, sink, cancellationToken);
        _image.Dispose(); // nobody need wait until the archive is done
        return fingerprint;
    }

    private async Task<IReadOnlyDictionary<string, string>> DumpThroughMemoryAsync(Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        var script = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var fingerprint = await _plan.Dump(((ConnectionImage)_image).Connection, script.Writer, cancellationToken);
        await script.Writer.CompleteAsync();
        _image.Dispose();
        await sink.WriteStreamAsync(ScriptItem, ExpectedBytes, (output, token) => script.Reader.CopyToAsync(output, token), cancellationToken);
        return fingerprint;
    }

    private async Task<IReadOnlyDictionary<string, string>> DumpAsync(SqliteConnection connection, Archive.Items.IItemSink sink, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string>? fingerprint = null;
        await sink.WriteStreamAsync(ScriptItem, ExpectedBytes, async (output, token) => fingerprint = await _plan.Dump(connection, output, token), cancellationToken);
        return fingerprint ?? throw new InvalidOperationException("The sink did not take the dump.");
    }
}

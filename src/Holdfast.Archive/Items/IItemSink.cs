using System.IO.Pipelines;

namespace Holdfast.Archive.Items;

/// <summary>Receives the items that an engine writes to an archive.</summary>
public interface IItemSink
{
    /// <summary>Writes a page image. An incremental stores only the pages that the chain does not contain.</summary>
    /// <param name="name">Plain file name of the item, for example <c>database.sqlite</c>.</param>
    /// <param name="image">The pages.</param>
    /// <param name="cancellationToken">Cancels the backup.</param>
    Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken);

    /// <summary>Writes a stream of unknown length. An incremental stores only the parts that the chain does not contain.</summary>
    /// <param name="name">Plain file name of the item, for example <c>dump.sql</c>.</param>
    /// <param name="expectedBytes">Estimated length in bytes; determines the part size of a new chain.</param>
    /// <param name="produce">Writes the stream. Runs on the calling task; need not complete the writer.</param>
    /// <param name="cancellationToken">Cancels the backup.</param>
    Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    );
}

using System.IO.Pipelines;

namespace Holdfast.Archive.Items;

/// <summary>Takes what an engine puts into an archive, item after item.</summary>
public interface IItemSink
{
    /// <summary>Takes a page image. In an incremental only the pages that the chain does not hold are stored.</summary>
    /// <param name="name">Plain file name of the item, for example <c>database.sqlite</c>.</param>
    /// <param name="image">The pages.</param>
    /// <param name="cancellationToken">Stops the backup.</param>
    Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken);

    /// <summary>Takes a stream of unknown length. In an incremental only the parts that the chain does not hold are stored.</summary>
    /// <param name="name">Plain file name of the item, for example <c>dump.sql</c>.</param>
    /// <param name="expectedBytes">Roughly how long it will be; sets the size of parts when a chain begins.</param>
    /// <param name="produce">Writes the stream; it runs on the calling task, and need not complete the writer.</param>
    /// <param name="cancellationToken">Stops the backup.</param>
    Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    );
}

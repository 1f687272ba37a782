using System.IO.Pipelines;
using Holdfast.Archive.Items;

namespace Holdfast.Engines.Sqlite.Tests;

/// <summary>Writes the items of an engine to a file.</summary>
internal sealed class FileSink(string path, int readBytes = 1 << 20, Action<long>? beforeRead = null) : IItemSink
{
    public List<string> Names { get; } = [];

    public long Bytes { get; private set; }

    public Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken)
    {
        Names.Add(name);
        var perRead = Math.Max(1, readBytes / image.PageSize);
        var buffer = new byte[perRead * image.PageSize];
        using var file = File.Create(path);
        for (var page = 0L; page < image.PageCount; page += perRead)
        {
            beforeRead?.Invoke(page);
            var part = buffer.AsSpan(0, (int)Math.Min(perRead, image.PageCount - page) * image.PageSize);
            image.Read(page, part);
            file.Write(part);
            Bytes += part.Length;
        }

        return Task.CompletedTask;
    }

    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    )
    {
        Names.Add(name);
        await using var file = File.Create(path);
        var writer = PipeWriter.Create(file, new StreamPipeWriterOptions(leaveOpen: true));
        await produce(writer, cancellationToken);
        await writer.CompleteAsync();
        Bytes = file.Length;
    }
}

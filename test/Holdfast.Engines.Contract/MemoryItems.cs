using System.IO.Pipelines;
using Holdfast.Archive.Items;

namespace Holdfast.Engines.Contract;

/// <summary>Items in memory: the output of a view and the input of a restore.</summary>
public sealed class MemoryItems : IItemSink, IItemSource
{
    private readonly Dictionary<string, (ItemInfo Info, byte[] Bytes)> _items = [];

    public IReadOnlyList<ItemInfo> Items => [.. _items.Values.Select(i => i.Info)];

    /// <summary>Number of bytes after which reading fails, as if the destination became unavailable.</summary>
    public long? FailsAfter { get; set; }

    public byte[] this[string name] => _items[name].Bytes;

    public Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken)
    {
        var bytes = new byte[image.PageCount * image.PageSize];
        const int Step = 64;
        for (long page = 0; page < image.PageCount; page += Step)
        {
            var count = (int)Math.Min(Step, image.PageCount - page);
            image.Read(page, bytes.AsSpan((int)page * image.PageSize, count * image.PageSize));
        }

        _items.Add(name, (new(name, ItemKind.Image, bytes.Length, image.PageSize), bytes));
        return Task.CompletedTask;
    }

    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    )
    {
        using var bytes = new MemoryStream();
        var writer = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        await produce(writer, cancellationToken);
        await writer.CompleteAsync();
        _items.Add(name, (new(name, ItemKind.Stream, bytes.Length, 0), bytes.ToArray()));
    }

    public async Task CopyStreamAsync(
        string name,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        const int Step = 1000;
        var bytes = _items[name].Bytes;
        for (var at = 0; at < bytes.Length; at += Step)
        {
            if (at > FailsAfter)
            {
                throw new IOException("The archive is gone.");
            }
            await output(bytes.AsMemory(at, Math.Min(Step, bytes.Length - at)), cancellationToken);
        }
    }

    public Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken)
    {
        var (info, bytes) = _items[name];
        target.SetLength(bytes.Length);
        for (var at = 0; at < bytes.Length; at += info.PageSize)
        {
            if (at > FailsAfter)
            {
                throw new IOException("The archive is gone.");
            }
            target.Write(at, bytes.AsSpan(at, info.PageSize));
        }

        return Task.CompletedTask;
    }
}

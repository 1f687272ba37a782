using Holdfast.Archive.Items;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>Items that are changed while they are read, or that call a test in between.</summary>
internal sealed class HookedItems(IItemSource inner) : IItemSource
{
    public IReadOnlyList<ItemInfo> Items => inner.Items;

    /// <summary>Changes the text of <c>database.json</c>.</summary>
    public Func<string, string> Around { get; init; } = text => text;

    /// <summary>Changes the bytes of the dump.</summary>
    public Func<byte[], byte[]> Dump { get; init; } = bytes => bytes;

    /// <summary>Called once, after half of the dump.</summary>
    public Func<Task> Halfway { get; init; } = () => Task.CompletedTask;

    public async Task CopyStreamAsync(
        string name,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> output,
        CancellationToken cancellationToken
    )
    {
        using var all = new MemoryStream();
        await inner.CopyStreamAsync(
            name,
            (bytes, _) =>
            {
                all.Write(bytes.Span);
                return default;
            },
            cancellationToken
        );
        var isDump = name == "database.dump";
        var bytes = isDump
            ? Dump(all.ToArray())
            : System.Text.Encoding.UTF8.GetBytes(Around(System.Text.Encoding.UTF8.GetString(all.ToArray())));
        var half = bytes.Length / 2;
        await output(bytes.AsMemory(0, half), cancellationToken);
        if (isDump)
        {
            await Halfway();
        }
        await output(bytes.AsMemory(half), cancellationToken);
    }

    public Task CopyImageAsync(string name, IPageTarget target, CancellationToken cancellationToken) => throw new NotSupportedException();
}

using Holdfast.Archive.Frames;
using Holdfast.Archive.Tar;

namespace Holdfast.Archive.Writing;

/// <summary>Writes files to the tar stream of an archive.</summary>
internal sealed class TarWriter(FrameWriter frames, DateTimeOffset time)
{
    private static readonly byte[] Zeros = new byte[TarFormat.EndBytes];

    /// <summary>Adds a complete file.</summary>
    /// <returns>Offset of its content in the tar stream.</returns>
    public async ValueTask<long> AddAsync(string name, ReadOnlyMemory<byte> content)
    {
        await frames.WriteAsync(TarFormat.Header(name, content.Length, time));
        var offset = frames.Position;
        await frames.WriteAsync(content);
        await frames.WriteAsync(Zeros.AsMemory(0, TarFormat.Padding(content.Length)));
        return offset;
    }

    /// <summary>Starts a file whose pages follow as frames of their own.</summary>
    /// <returns>Offset of its content in the tar stream.</returns>
    public async ValueTask<long> BeginPagesAsync(string name, long length)
    {
        await frames.WriteAsync(TarFormat.Header(name, length, time));
        return frames.Position;
    }

    /// <summary>Ends the tar stream.</summary>
    public ValueTask EndAsync() => frames.WriteAsync(Zeros);
}

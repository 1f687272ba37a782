using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Items;

namespace Holdfast.Archive.Reading;

/// <summary>
/// What is known of a stream's parts in the points of one chain: behind what a part was checked, and what came of it.
/// Points share most parts, so
/// each is checked once for what is before it. Known is what the last point was made of, or what the last points were
/// where they were refused.
/// </summary>
internal sealed class StreamCheckCache
{
    private const int MaxRefusedEntries = 1_000_000;

    private Dictionary<Key, Result> _previousPoint = [];
    private Dictionary<Key, Result> _currentPoint = [];
    private bool _isRefused;

    /// <summary>Stands for all that is before a place in a stream, as far as it matters to what follows.</summary>
    /// <param name="High">Half of a hash.</param>
    /// <param name="Low">The other half.</param>
    public readonly record struct Key(UInt128 High, UInt128 Low)
    {
        /// <summary>Of a place without any bytes between it and a mark.</summary>
        public static Key Of(StreamCheckpoint mark) => Of($"mark\n{mark.State}");

        /// <summary>Of a place behind a part in which a mark was set.</summary>
        public static Key Of(string partSha256, long markInPart, StreamCheckpoint mark) =>
            Of($"set\n{partSha256}\n{markInPart}\n{mark.State}");

        /// <summary>Of a place behind a part in which none was set.</summary>
        public Key Then(string partSha256) => Of($"then\n{High:x32}{Low:x32}\n{partSha256}");

        private static Key Of(string text)
        {
            Span<UInt128> hash = stackalloc UInt128[2];
            SHA256.HashData(Encoding.UTF8.GetBytes(text), MemoryMarshal.AsBytes(hash));
            return new(hash[0], hash[1]);
        }
    }

    /// <summary>What a part came to.</summary>
    /// <param name="After">What is before the place behind it.</param>
    /// <param name="Checkpoint">
    /// The last mark that was set in it, offset and count from the part's begin and the mark before; null where there
    /// is none.
    /// </param>
    /// <param name="IsLast">Whether nothing that follows matters.</param>
    public sealed record Result(Key After, StreamCheckpoint? Checkpoint, bool IsLast);

    /// <summary>Begins the next point.</summary>
    public void Begin()
    {
        if (!_isRefused || _currentPoint.Count > MaxRefusedEntries)
        {
            (_previousPoint, _currentPoint) = (_currentPoint, []);
        }
        _isRefused = true;
    }

    /// <summary>The point was checked to its end and not refused.</summary>
    public void Complete() => _isRefused = false;

    /// <summary>What a part came to, behind a place; null where that is not known.</summary>
    public Result? Find(Key behind)
    {
        if (_currentPoint.TryGetValue(behind, out var step))
        {
            return step;
        }
        if (_previousPoint.TryGetValue(behind, out step))
        {
            _currentPoint[behind] = step;
        }
        return step;
    }

    /// <summary>Takes what a part, or the end, came to.</summary>
    public void Add(Key behind, Result step) => _currentPoint[behind] = step;
}

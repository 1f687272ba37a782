using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Archive.Items;

namespace Holdfast.Archive.Reading;

/// <summary>
/// Check results of a stream's parts in the points of one chain, by the context before each part. Points share most parts, so each is
/// checked once per context. Results are kept for the last point, or for several points if they were refused.
/// </summary>
internal sealed class StreamCheckCache
{
    private const int MaxRefusedEntries = 1_000_000;

    private Dictionary<Key, Result> _previousPoint = [];
    private Dictionary<Key, Result> _currentPoint = [];
    private bool _isRefused;

    /// <summary>Identifies everything before a position in a stream that matters to what follows.</summary>
    /// <param name="High">Upper half of a hash.</param>
    /// <param name="Low">Lower half.</param>
    public readonly record struct Key(UInt128 High, UInt128 Low)
    {
        /// <summary>Creates the key of a position directly at a checkpoint.</summary>
        public static Key Of(StreamCheckpoint checkpoint) => Of($"checkpoint\n{checkpoint.State}");

        /// <summary>Creates the key of the position after a part with a checkpoint in it.</summary>
        public static Key Of(string partSha256, long offset, StreamCheckpoint checkpoint) =>
            Of($"set\n{partSha256}\n{offset}\n{checkpoint.State}");

        /// <summary>Creates the key of the position after a part without a checkpoint.</summary>
        public Key Then(string partSha256) => Of($"then\n{High:x32}{Low:x32}\n{partSha256}");

        private static Key Of(string text)
        {
            Span<UInt128> hash = stackalloc UInt128[2];
            SHA256.HashData(Encoding.UTF8.GetBytes(text), MemoryMarshal.AsBytes(hash));
            return new(hash[0], hash[1]);
        }
    }

    /// <summary>The result of checking a part.</summary>
    /// <param name="After">Key of the position after it.</param>
    /// <param name="Checkpoint">
    /// The last checkpoint in it, with its offset from the start of the part and its count from the checkpoint before; null if there is
    /// none.
    /// </param>
    /// <param name="IsLast">Whether nothing that follows can change the result.</param>
    public sealed record Result(Key After, StreamCheckpoint? Checkpoint, bool IsLast);

    /// <summary>Starts the next point.</summary>
    public void Begin()
    {
        if (!_isRefused || _currentPoint.Count > MaxRefusedEntries)
        {
            (_previousPoint, _currentPoint) = (_currentPoint, []);
        }
        _isRefused = true;
    }

    /// <summary>Marks the point as checked and not refused.</summary>
    public void Complete() => _isRefused = false;

    /// <summary>Returns the result of the part after a position; null if unknown.</summary>
    public Result? Find(Key position)
    {
        if (_currentPoint.TryGetValue(position, out var result))
        {
            return result;
        }
        if (_previousPoint.TryGetValue(position, out result))
        {
            _currentPoint[position] = result;
        }
        return result;
    }

    /// <summary>Adds the result of a part, or of the end.</summary>
    public void Add(Key position, Result result) => _currentPoint[position] = result;
}

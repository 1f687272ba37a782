using Holdfast.Core.Errors;

namespace Holdfast.Archive.Items;

/// <summary>Looks at a stream item while it is verified, for what a restore would refuse. It makes and runs nothing.</summary>
public interface IStreamCheck
{
    /// <summary>
    /// Where what it holds now begins, such as half a statement, and what it remembers of what was before that: who
    /// goes on there finds what it would have
    /// found. Null where it finds nothing any more, whatever follows.
    /// </summary>
    StreamCheckpoint? Checkpoint { get; }

    /// <summary>Takes the next bytes of the stream.</summary>
    /// <exception cref="HoldfastException">A restore would refuse it: the same error, in the same words.</exception>
    void Process(ReadOnlySpan<byte> bytes);

    /// <summary>The stream is at its end.</summary>
    /// <exception cref="HoldfastException">A restore would refuse it.</exception>
    void Complete();

    /// <summary>Forgets what it holds, and takes the bytes from a mark on, which this or another one of its kind has set.</summary>
    void ResumeAt(StreamCheckpoint mark);
}

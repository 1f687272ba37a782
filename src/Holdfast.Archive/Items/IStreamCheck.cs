using Holdfast.Core.Errors;

namespace Holdfast.Archive.Items;

/// <summary>
/// Checks a stream item during verification for anything that a restore would refuse. It neither creates nor executes anything.
/// </summary>
public interface IStreamCheck
{
    /// <summary>
    /// The start of the input that is still buffered, such as half a statement, and the state before it: a check that continues there has
    /// the same result. Null if nothing that follows can change the result.
    /// </summary>
    StreamCheckpoint? Checkpoint { get; }

    /// <summary>Processes the next bytes of the stream.</summary>
    /// <exception cref="HoldfastException">A restore would refuse the stream with the same error and message.</exception>
    void Process(ReadOnlySpan<byte> bytes);

    /// <summary>Processes the end of the stream.</summary>
    /// <exception cref="HoldfastException">A restore would refuse the stream.</exception>
    void Complete();

    /// <summary>Discards buffered input and continues at a checkpoint of this or another check of the same kind.</summary>
    void ResumeAt(StreamCheckpoint mark);
}

using Holdfast.Core.Errors;

namespace Holdfast.Archive.Items;

/// <summary>Looks at a stream item while it is verified, for what a restore would refuse. It makes and runs nothing.</summary>
public interface IStreamCheck
{
    /// <summary>Takes the next bytes of the stream.</summary>
    /// <exception cref="HoldfastException">A restore would refuse it: the same error, in the same words.</exception>
    void Take(ReadOnlySpan<byte> bytes);

    /// <summary>The stream is at its end.</summary>
    /// <exception cref="HoldfastException">A restore would refuse it.</exception>
    void End();
}

namespace Holdfast.Archive.Writing;

/// <summary>
/// Writes the same bytes to several outputs concurrently. An output that fails is dropped, its failure is recorded, and the others
/// continue.
/// </summary>
public sealed class FanOut
{
    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>[] _outputs;
    private readonly Exception?[] _failures;

    /// <param name="outputs">At least one output; <see cref="Failures"/> has the same order.</param>
    public FanOut(IReadOnlyList<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>> outputs)
    {
        _outputs = [.. outputs];
        _failures = new Exception?[_outputs.Length];
    }

    /// <summary>The failure of each output; null if it has not failed.</summary>
    public IReadOnlyList<Exception?> Failures => _failures;

    /// <summary>Writes to every output that has not failed. Throws the last failure when none is left.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_outputs.Length == 1)
        {
            await _outputs[0](bytes, cancellationToken);
            return;
        }

        await Task.WhenAll(
            _outputs.Select((_, i) => _failures[i] is null ? WriteOneAsync(i, bytes, cancellationToken) : Task.CompletedTask)
        );
        if (Array.TrueForAll(_failures, f => f is not null))
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failures[^1]!);
        }
    }

    private async Task WriteOneAsync(int i, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _outputs[i](bytes, cancellationToken);
        }
        // an output's own cancellation, such as a timeout, is its failure
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _failures[i] = e; // reported by the caller
        }
    }
}

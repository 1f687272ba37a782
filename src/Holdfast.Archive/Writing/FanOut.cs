namespace Holdfast.Archive.Writing;

/// <summary>
/// Writes the same bytes to several places at once. One that fails is dropped; the others go on, and the failure is
/// kept for the report.
/// </summary>
public sealed class FanOut
{
    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>[] _outputs;
    private readonly Exception?[] _failures;

    /// <param name="outputs">1 and more places, in an order that <see cref="Failures"/> keeps.</param>
    public FanOut(IReadOnlyList<Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>> outputs)
    {
        _outputs = [.. outputs];
        _failures = new Exception?[_outputs.Length];
    }

    /// <summary>What went wrong at each place; null where nothing did.</summary>
    public IReadOnlyList<Exception?> Failures => _failures;

    /// <summary>Writes to every place that has not failed. Throws the last place's failure when none is left.</summary>
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
        // one place's own cancellation, of a time-out too, is its failure
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _failures[i] = e; // reported by whoever holds the destinations
        }
    }
}

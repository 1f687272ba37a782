namespace Holdfast.State.Tests;

/// <summary>No test: what <see cref="Writer"/> starts.</summary>
public sealed class WriterProcess
{
    [Fact(Explicit = true)]
    public Task Write() => Writer.RunAsync(TimeProvider.System, TestContext.Current.CancellationToken);
}

namespace Holdfast.State.Tests;

/// <summary>Not a test: the entry point of the process that <see cref="Writer"/> starts.</summary>
public sealed class WriterProcess
{
    [Fact(Explicit = true)]
    public Task Write() => Writer.RunAsync(TimeProvider.System, TestContext.Current.CancellationToken);
}

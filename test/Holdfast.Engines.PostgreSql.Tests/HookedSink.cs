using System.IO.Pipelines;
using Holdfast.Archive.Items;

namespace Holdfast.Engines.PostgreSql.Tests;

/// <summary>Pauses in the middle of a dump, calls a test, and continues.</summary>
internal sealed class HookedSink(Func<Task> hook) : IItemSink
{
    public Task WriteImageAsync(string name, IPageImage image, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task WriteStreamAsync(
        string name,
        long expectedBytes,
        Func<PipeWriter, CancellationToken, Task> produce,
        CancellationToken cancellationToken
    )
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64 << 10, resumeWriterThreshold: 32 << 10));
        var producing = Task.Run(
            async () =>
            {
                try
                {
                    await produce(pipe.Writer, cancellationToken);
                }
                finally
                {
                    await pipe.Writer.CompleteAsync();
                }
            },
            cancellationToken
        );
        if (name == "database.dump")
        {
            var read = await pipe.Reader.ReadAtLeastAsync(1, cancellationToken);
            pipe.Reader.AdvanceTo(read.Buffer.Start);
            await hook();
        }

        await pipe.Reader.CopyToAsync(Stream.Null, cancellationToken);
        await producing;
    }
}

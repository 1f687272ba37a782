using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>Runs <c>pg_dump</c>, and moves what it writes into the archive while it is looked at.</summary>
internal static class DumpPump
{
    private const int BlockBytes = 256 << 10;
    private const long LargeBytes = 16 << 20; // below, what makes the reading cheaper costs more than it saves

    /// <summary>Runs it.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="passFile">The file with its password.</param>
    /// <param name="database">Name of the database, for errors.</param>
    /// <param name="expectedBytes">Roughly how large the dump will be.</param>
    /// <param name="output">Where the dump goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What the dump holds.</returns>
    public static async Task<DumpScanner> RunAsync(Tool tool, IEnumerable<string> arguments, string? passFile, string database, long expectedBytes, PipeWriter output, CancellationToken cancellationToken)
    {
        await using var child = Child.Start(tool.Path, arguments, passFile, hasLargeOutput: expectedBytes >= LargeBytes);
        child.Input.Close();
        var scanner = new DumpScanner();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.Register(child.Kill)) // which ends the read that the thread may be in
        {
            // A thread of its own: pg_dump writes pieces of 4 KiB, and to wait for each by the event loop costs more than all else that is done here.
            new Thread(() => Run(done, () => Pump(child.Output, scanner, output, cancellationToken))) { IsBackground = true, Name = "pg_dump" }.Start();
            await done.Task;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var (exitCode, errors) = await child.EndAsync(cancellationToken);
        if (exitCode != 0) throw ToolFailure.Of(tool, database, errors, ErrorCatalogue.SourceUnreadable);
        scanner.Complete();
        return scanner;
    }

    private static void Run(TaskCompletionSource done, Action action)
    {
        try
        {
            action();
            done.SetResult();
        }
        catch (Exception e)
        {
            done.SetException(e); // thrown where it is awaited
        }
    }

    private static void Pump(Stream input, DumpScanner scanner, PipeWriter output, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            var block = output.GetSpan(BlockBytes);
            var read = input.ReadAtLeast(block, BlockBytes, throwOnEndOfStream: false);
            if (read == 0 || (isFirst && read < DumpHead.TimeBytes)) return; // it says why when it ends
            if (isFirst) DumpHead.FixTime(block);
            scanner.Scan(block[..read]);
            output.Advance(read);
            var flushed = output.FlushAsync(cancellationToken);
            if ((flushed.IsCompleted ? flushed.Result : flushed.AsTask().GetAwaiter().GetResult()).IsCompleted) throw new InvalidOperationException("The archive takes no more of the dump.");
        }
    }
}

using System.IO.Pipelines;
using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Dumps;

/// <summary>Runs <c>pg_dump</c>, and moves what it writes into the archive while it is looked at.</summary>
internal static class DumpPump
{
    private const int BlockBytes = 256 << 10;

    /// <summary>Runs it.</summary>
    /// <param name="tool">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="passFile">The file with its password.</param>
    /// <param name="database">Name of the database, for errors.</param>
    /// <param name="output">Where the dump goes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What the dump holds.</returns>
    public static async Task<DumpScanner> RunAsync(Tool tool, IEnumerable<string> arguments, string? passFile, string database, PipeWriter output, CancellationToken cancellationToken)
    {
        await using var child = Child.Start(tool.Path, arguments, passFile);
        child.Input.Close();
        var scanner = new DumpScanner();
        for (var isFirst = true; ; isFirst = false)
        {
            var memory = output.GetMemory(BlockBytes);
            // The start is changed, so it must be there whole.
            var read = isFirst ? await child.Output.ReadAtLeastAsync(memory, DumpHead.TimeBytes, throwOnEndOfStream: false, cancellationToken) : await child.Output.ReadAsync(memory, cancellationToken);
            if (read == 0 || (isFirst && read < DumpHead.TimeBytes)) break;
            if (isFirst) DumpHead.FixTime(memory.Span);
            scanner.Scan(memory.Span[..read]);
            output.Advance(read);
            var flushed = await output.FlushAsync(cancellationToken);
            if (flushed.IsCompleted) throw new InvalidOperationException("The archive takes no more of the dump.");
        }

        var (exitCode, errors) = await child.EndAsync(cancellationToken);
        if (exitCode != 0) throw ToolFailure.Of(tool, database, errors, ErrorCatalogue.SourceUnreadable);
        scanner.Complete();
        return scanner;
    }
}

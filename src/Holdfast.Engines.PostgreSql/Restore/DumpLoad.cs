using Holdfast.Core.Errors;
using Holdfast.Engines.PostgreSql.Dumps;
using Holdfast.Engines.PostgreSql.Tools;

namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// Loads a dump as it comes, without a copy of it: definitions and rows in the order of the stream. Only its head is kept in a file, which is all that
/// the second run of <c>pg_restore</c> needs: that one makes indexes, constraints and triggers, several at once.
/// </summary>
internal sealed class DumpLoad(Tool tool, string database, IReadOnlyList<string> arguments, string? passFile, PrivateFolder folder, RestoreList list) : IAsyncDisposable
{
    private readonly DumpScanner _scanner = new();
    private readonly List<string> _arguments = [.. arguments];
    private FileStream? _head;
    private Child? _child;
    private bool _hasEnded;

    /// <summary>What went by.</summary>
    public DumpScanner Dump => _scanner;

    /// <summary>Takes the next bytes.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var before = _scanner.Head.IsComplete;
        _scanner.Scan(bytes.Span);
        if (!before)
        {
            _head ??= folder.Create("head.dump");
            var ofHead = _scanner.Head.IsComplete ? (int)(_scanner.Head.Length - _head.Length) : bytes.Length;
            await _head.WriteAsync(bytes[..ofHead], cancellationToken);
            await _head.FlushAsync(cancellationToken);
            if (!_scanner.Head.IsComplete) return;
            await StartAsync(cancellationToken);
            bytes = bytes[ofHead..];
        }

        await WriteAsync(bytes, cancellationToken);
    }

    /// <summary>Waits until all that came is loaded.</summary>
    public async Task EndRowsAsync(CancellationToken cancellationToken)
    {
        _scanner.Complete();
        if (!_hasEnded) await EndAsync(cancellationToken);
    }

    /// <summary>Makes what comes after the rows.</summary>
    /// <param name="jobs">How many at once.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task FinishAsync(int jobs, CancellationToken cancellationToken)
    {
        await using var child = Child.Start(tool.Path, [.. _arguments, "--section=post-data", FormattableString.Invariant($"--jobs={jobs}"), _head!.Name], passFile);
        child.Input.Close();
        await CheckAsync(child, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_child is not null) await _child.DisposeAsync();
        if (_head is not null) await _head.DisposeAsync();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await _head!.DisposeAsync();
        if (list.Choose(_scanner.Head) is { } chosen) _arguments.Add("--use-list=" + folder.Write("list", chosen));
        _child = Child.Start(tool.Path, [.. _arguments, "--section=pre-data", "--section=data"], passFile);
        await using var head = File.OpenRead(_head.Name);
        var block = new byte[64 << 10];
        int read;
        while ((read = await head.ReadAsync(block, cancellationToken)) > 0) await WriteAsync(block.AsMemory(0, read), cancellationToken);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_hasEnded || bytes.IsEmpty) return;
        try
        {
            await _child!.Input.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException)
        {
            await EndAsync(cancellationToken); // it reads no more: its own words tell why
        }
    }

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        _hasEnded = true;
        try
        {
            _child!.Input.Close();
        }
        catch (IOException)
        {
            // it is gone already
        }

        await CheckAsync(_child!, cancellationToken);
    }

    private async Task CheckAsync(Child child, CancellationToken cancellationToken)
    {
        var output = child.Output.CopyToAsync(Stream.Null, cancellationToken);
        var (exitCode, errors) = await child.EndAsync(cancellationToken);
        await output;
        if (exitCode != 0) throw ToolFailure.Of(tool, database, errors, ErrorCatalogue.NotAllowed);
    }
}

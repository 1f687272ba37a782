using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>The sources of this node: attached, looked at again and again, and detached.</summary>
/// <param name="records">The records of all databases.</param>
/// <param name="interval">Time between two looks at a source.</param>
/// <param name="time">The clock.</param>
public sealed class SourceBook(StateRecords<DatabaseRecord> records, TimeSpan interval, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Told of each database whose record changed. Must not block.</summary>
    public event Action<DatabaseRecord>? Changed;

    /// <summary>Told when a source came, went, went down or came back. Must not block.</summary>
    public event Action? StatusChanged;

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<SourceMonitor> Items => [.. _entries.Values.Select(e => e.Monitor)];

    /// <summary>One of them; null where this node has none of that name.</summary>
    public SourceMonitor? Find(string name) => _entries.GetValueOrDefault(name)?.Monitor;

    /// <summary>Attaches a source in the place of one of the same name, and returns when it has been looked at once. It may be down: then its status says so.</summary>
    public async Task AttachAsync(AttachedSource source, CancellationToken cancellationToken)
    {
        await TakeOutAsync(source.Name);
        var monitor = new SourceMonitor(source, records, time);
        monitor.Changed += record => Changed?.Invoke(record);
        monitor.StatusChanged += () => StatusChanged?.Invoke();
        var entry = new Entry(monitor, CancellationTokenSource.CreateLinkedTokenSource(_stop.Token));
        _entries[source.Name] = entry;
        try
        {
            await source.Source.RemoveLeftoversAsync(cancellationToken);
        }
        catch (HoldfastException)
        {
            // A source that is down: the look says so.
        }

        await monitor.LookAsync(cancellationToken);
        entry.Loop = Task.Run(() => LookAgainAsync(monitor, entry.Stop.Token), CancellationToken.None);
        StatusChanged?.Invoke();
    }

    /// <summary>Detaches a source: its databases count as dropped, and their backups stay.</summary>
    public async Task DetachAsync(string name)
    {
        await TakeOutAsync(name);
        foreach (var record in records.Items.Select(r => r.Value).Where(r => r.Id.Source == name && r.Dropped is null).ToList())
        {
            var dropped = record with { Dropped = time.GetUtcNow() };
            records.Set(record.Id.ToString(), dropped);
            Changed?.Invoke(dropped);
        }

        StatusChanged?.Invoke();
    }

    /// <summary>Looks at no source any more.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        foreach (var entry in _entries.Values) await entry.Loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var name in _entries.Keys) await TakeOutAsync(name);
        _stop.Dispose();
    }

    // Backups that run on it keep it, and end by themselves.
    private async Task TakeOutAsync(string name)
    {
        if (!_entries.TryRemove(name, out var entry)) return;
        await entry.Stop.CancelAsync();
        await entry.Loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        entry.Stop.Dispose();
        entry.Monitor.Dispose();
        await entry.Monitor.Attached.Source.DisposeAsync();
    }

    private async Task LookAgainAsync(SourceMonitor monitor, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken)) await monitor.LookAsync(cancellationToken);
    }

    private sealed record Entry(SourceMonitor Monitor, CancellationTokenSource Stop)
    {
        public Task Loop { get; set; } = Task.CompletedTask;
    }
}

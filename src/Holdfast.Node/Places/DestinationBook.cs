using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;
using Holdfast.Node.Stores;
using Holdfast.State;

namespace Holdfast.Node.Places;

/// <summary>The destinations that operators have defined, each opened once.</summary>
/// <param name="configs">As they are stored.</param>
/// <param name="roots">Where local ones may lie.</param>
/// <param name="time">The clock.</param>
public sealed class DestinationBook(StateMirror<DestinationConfig> configs, AllowedRoots roots, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (DestinationConfig Config, IDestination Opened)> _opened = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DestinationConfig Config, DestinationTest Test)> _tests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IDestination, byte> _guided = new();
    private readonly SemaphoreSlim _opening = new(1);

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<StateItem<DestinationConfig>> Items => [.. configs.Items.OrderBy(i => i.Key, StringComparer.Ordinal)];

    /// <summary>One of them; null where there is none of that name.</summary>
    public StateItem<DestinationConfig>? Find(string name) => configs.Find(name);

    /// <summary>What is wrong with a definition; nothing where it can be used.</summary>
    public IReadOnlyList<Fault> Check(DestinationConfig config)
    {
        var faults = new List<Fault>();
        if (!DatabaseId.IsSourceName(config.Name)) faults.Add(new("name", $"'{config.Name}' is not a destination's name.", "Use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit."));
        if (config.Kind != "local") faults.Add(new("kind", $"'{config.Kind}' is not a kind of destination.", "Use \"local\"."));
        else if (string.IsNullOrWhiteSpace(config.Path)) faults.Add(new("path", "A local destination needs a path.", "Give an absolute path under one of localRoots."));
        else
        {
            try
            {
                roots.Check(config.Path);
            }
            catch (HoldfastException e)
            {
                faults.Add(new("path", e.Message, e.Hint ?? "Give another folder."));
            }
        }

        return faults;
    }

    /// <summary>Stores a definition.</summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Conflict"/>, or <see cref="InvalidException"/> with every fault.</exception>
    public Task<StateItem<DestinationConfig>> PutAsync(DestinationConfig config, long? expected, CancellationToken cancellationToken)
    {
        InvalidException.ThrowIfAny(Check(config));
        return configs.PutAsync(config.Name, config, expected, cancellationToken);
    }

    /// <summary>Removes a definition. What lies there stays.</summary>
    public Task DeleteAsync(string name, long? expected, CancellationToken cancellationToken) => configs.DeleteAsync(name, expected, cancellationToken);

    /// <summary>Whether anything can lie there yet.</summary>
    public bool IsThere(string name) => configs.Find(name)?.Value is { Path: { } path } && Directory.Exists(path);

    /// <summary>Opens one for backups, and puts there what a person without Holdfast needs.</summary>
    /// <exception cref="HoldfastException">It is not defined, or cannot be used.</exception>
    public async Task<IDestination> OpenForBackupsAsync(string name, CancellationToken cancellationToken)
    {
        var destination = await OpenAsync(name, cancellationToken);
        if (!_guided.ContainsKey(destination))
        {
            await HowToRestore.EnsureAsync(destination, cancellationToken);
            _guided[destination] = 0;
        }

        return destination;
    }

    /// <summary>Opens one. Nothing is written there.</summary>
    /// <exception cref="HoldfastException">It is not defined, or cannot be used.</exception>
    public async Task<IDestination> OpenAsync(string name, CancellationToken cancellationToken)
    {
        var config = configs.Find(name)?.Value ?? throw new HoldfastException(ErrorCatalogue.NotFound, $"Destination '{name}' is not defined.", "Define it, or take it out of the task.");
        if (_opened.TryGetValue(name, out var known) && known.Config == config) return known.Opened;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_opened.TryGetValue(name, out known))
            {
                if (known.Config == config) return known.Opened;
                _opened.TryRemove(name, out _); // backups that are under way go on with the old one; it is let go with the process
            }

            var destination = LocalDestination.Open(roots.Check(config.Path!), create: true);
            _opened[name] = (config, destination);
            return destination;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>How its last test went; null where it was not tested as it is defined now.</summary>
    public DestinationTest? LastTest(DestinationConfig config) => _tests.TryGetValue(config.Name, out var last) && last.Config == config ? last.Test : null;

    /// <summary>Tries whether files can be written, listed and removed there.</summary>
    /// <exception cref="HoldfastException">What does not work.</exception>
    public async Task<DestinationTest> TestAsync(DestinationConfig config, CancellationToken cancellationToken)
    {
        try
        {
            return Keep(new(time.GetUtcNow(), await TryAsync(config, cancellationToken), null));
        }
        catch (HoldfastException e)
        {
            Keep(new(time.GetUtcNow(), null, OperationError.Of(e)));
            throw;
        }

        DestinationTest Keep(DestinationTest test)
        {
            _tests[config.Name] = (config, test);
            return test;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, opened) in _opened.Values) await opened.DisposeAsync();
        _opening.Dispose();
    }

    private async Task<long?> TryAsync(DestinationConfig config, CancellationToken cancellationToken)
    {
        InvalidException.ThrowIfAny(Check(config));
        await using var destination = LocalDestination.Open(roots.Check(config.Path!), create: true);
        var path = $".holdfast-test-{Guid.NewGuid():n}";
        await using (var upload = await destination.BeginUploadAsync(path, cancellationToken))
        {
            await upload.WriteAsync("test"u8.ToArray(), cancellationToken);
            await destination.PublishAsync([upload], cancellationToken);
        }

        await destination.DeleteAsync(path, cancellationToken);
        return await destination.FreeBytesAsync(cancellationToken);
    }
}

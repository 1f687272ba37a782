using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.State;

namespace Holdfast.Node.Destinations;

/// <summary>
/// The destinations that operators have defined, each opened once and shared. One is only ever made, and given its
/// identity, when it is defined or
/// initialized; from then on its identity is checked at each opening, and nothing is made again.
/// </summary>
public sealed class DestinationRegistry : IAsyncDisposable
{
    private readonly NodeState _state;
    private readonly DestinationRoots _roots;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly DestinationIdentities _identities;
    private readonly ConcurrentDictionary<string, DestinationConnection> _connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DestinationConfig Config, DestinationTest Test)> _tests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DestinationConfig Config, DestinationFreeSpace Room)> _freeSpace = new(
        StringComparer.Ordinal
    );

    // Ends openings that hang when the node does.
    private readonly CancellationTokenSource _stop = new();
    private int _isDisposed;

    // One definition at a time, so that two names never get one root.
    private readonly SemaphoreSlim _defining = new(1);

    /// <summary>Makes it.</summary>
    /// <param name="state">Where definitions, identities and known databases are.</param>
    /// <param name="roots">Makes their roots.</param>
    /// <param name="settings">The node's tag and limits.</param>
    /// <param name="time">The clock.</param>
    public DestinationRegistry(NodeState state, DestinationRoots roots, NodeSettings settings, TimeProvider time)
    {
        (_state, _roots, _settings, _time) = (state, roots, settings, time);
        _identities = new(state.Destinations, state.Identities, roots, settings.Tag, state.Databases);
    }

    /// <summary>Told when <see cref="IdentityProblem"/> of one has changed. Must not block.</summary>
    public event Action? ProblemChanged;

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<StateItem<DestinationConfig>> Items => [.. _state.Destinations.Items.OrderBy(i => i.Key, StringComparer.Ordinal)];

    /// <summary>One of them; null where there is none of that name.</summary>
    public StateItem<DestinationConfig>? Find(string name) => _state.Destinations.Find(name);

    /// <summary>The root of one with its location looked up.</summary>
    /// <exception cref="HoldfastException">
    /// It is not defined; <see cref="ErrorCatalogue.Usage"/> where this node may not use it;
    /// <see cref="ErrorCatalogue.DestinationFailed"/> where that cannot be found out in time.
    /// </exception>
    public Task<IDestinationRoot> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        var root = RootOf(GetDefinition(name));
        return ResolveAsync(name, root, cancellationToken);
    }

    /// <summary>The identity that one must have on this node; null where it has none yet.</summary>
    public string? IdentityOf(string name) => _identities.IdentityOf(name);

    /// <summary>The identities that destinations must have on this node, by their names; those that have one.</summary>
    public IReadOnlyDictionary<string, string> Identities => _identities.All;

    /// <summary>Whether a stored identity is that of a destination on this node.</summary>
    /// <param name="key">Its key in the state.</param>
    public bool IsOfThisNode(string key) => _identities.IsOfThisNode(key);

    /// <summary>Destinations that are the folder of another one, or lie in it, with that other one: a copy at both is one copy.</summary>
    public IReadOnlyList<(string Name, string Other)> Overlapping => _identities.FindOverlapping();

    /// <summary>Why the identity of one is not what it should be, as it was found last; null where it is.</summary>
    public HoldfastException? IdentityProblem(string name) => _connections.TryGetValue(name, out var slot) ? slot.Problem : null;

    /// <summary>Those of which <see cref="IdentityProblem"/> tells something; null for none.</summary>
    public IReadOnlySet<string>? Unavailable
    {
        get
        {
            HashSet<string>? away = null; // asked for with every task
            foreach (var (name, slot) in _connections)
            {
                if (slot.Problem is not null)
                {
                    (away ??= new(StringComparer.Ordinal)).Add(name);
                }
            }

            return away;
        }
    }

    /// <summary>What is wrong with a definition; nothing where it can be used.</summary>
    public async Task<IReadOnlyList<ValidationError>> CheckAsync(DestinationConfig config, CancellationToken cancellationToken)
    {
        var faults = new List<ValidationError>();
        if (!DatabaseId.IsSourceName(config.Name))
        {
            faults.Add(
                new(
                    "name",
                    $"'{config.Name}' is not a destination's name.",
                    "Use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit."
                )
            );
        }
        var (root, wrong) = _roots.Read(config);
        faults.AddRange(wrong);
        if (root is not null)
        {
            try
            {
                await ResolveAsync(config.Name, root, cancellationToken);
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalogue.Usage)
            {
                faults.Add(new(root.LocationKey, e.Message, e.Hint ?? "Give another folder."));
            }
        }

        return faults;
    }

    /// <summary>
    /// Stores a definition. A new one, or one with another path, is made there and gets its identity; where that cannot
    /// be done now it is stored all the
    /// same, and has to be initialized later. One that is saved again with its path changes nothing there.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Conflict"/>, or <see cref="ValidationException"/> with every fault.
    /// </exception>
    public async Task<StateItem<DestinationConfig>> PutAsync(DestinationConfig config, long? expected, CancellationToken cancellationToken)
    {
        ValidationException.ThrowIfAny(await CheckAsync(config, cancellationToken));
        string? id;
        StateItem<DestinationConfig> stored;
        await _defining.WaitAsync(cancellationToken);
        try
        {
            if (Find(config.Name)?.Value is { } before && before.Kind == config.Kind && HasSameRoot(before, config))
            {
                return await _state.Destinations.PutAsync(config.Name, config, expected, cancellationToken);
            }
            id = await TryInitializeAsync(config, cancellationToken);
            var revision = await CommitAsync(
                config.Name,
                expected,
                [_state.Destinations.CreateChange(config.Name, config), _identities.Change(config.Name, id)],
                cancellationToken
            );
            stored = new(config.Name, config, revision);
        }
        finally
        {
            _defining.Release();
        }

        if (id is not null)
        {
            await WriteInstructionsAsync(config.Name, cancellationToken);
        }
        return stored;
    }

    /// <summary>Removes a definition. What lies there stays.</summary>
    public async Task DeleteAsync(string name, long? expected, CancellationToken cancellationToken)
    {
        await _defining.WaitAsync(cancellationToken);
        try
        {
            if (Find(name) is not null)
            {
                await CommitAsync(
                    name,
                    expected,
                    [_state.Destinations.CreateRemoval(name), .. _identities.Removals(name)],
                    cancellationToken
                );
            }
            if (_connections.TryRemove(name, out var slot))
            {
                await slot.CloseAsync();
            }
        }
        finally
        {
            _defining.Release();
        }

        Subscribers.Notify(ProblemChanged);
    }

    /// <summary>
    /// Makes a root that was defined, and gives it an identity or adopts the one that is there: from now on this is the
    /// destination.
    /// </summary>
    /// <returns>The identity.</returns>
    /// <exception cref="HoldfastException">It is not defined, or that cannot be done.</exception>
    public async Task<string> InitializeAsync(string name, CancellationToken cancellationToken)
    {
        await _defining.WaitAsync(cancellationToken);
        try
        {
            var config = GetDefinition(name);
            var id = await InitializeAsync(config, cancellationToken);
            await _identities.StoreAsync(name, id, cancellationToken);
            ConnectionOf(name).Problem = null;
        }
        finally
        {
            _defining.Release();
        }

        await using var opened = await OpenForBackupsAsync(name, cancellationToken);
        return opened.Identity!;
    }

    /// <summary>Opens one for backups, and puts there what a person without Holdfast needs. Dispose it when you are done.</summary>
    /// <exception cref="HoldfastException">It is not defined, or cannot be used.</exception>
    public async Task<IDestination> OpenForBackupsAsync(string name, CancellationToken cancellationToken)
    {
        var (shared, lease) = await LeaseAsync(name, cancellationToken);
        try
        {
            if (!shared.HasInstructions)
            {
                await RestoreInstructions.EnsureAsync(lease, cancellationToken);
            }
            shared.HasInstructions = true;
            return lease;
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Opens one. Nothing is written there. Dispose it when you are done; it is closed when it was defined anew and its
    /// last user is done.
    /// </summary>
    /// <exception cref="HoldfastException">
    /// It is not defined, or cannot be used; <see cref="ErrorCatalogue.DestinationIdentity"/> when it is not the one
    /// that was defined.
    /// </exception>
    public async Task<IDestination> OpenAsync(string name, CancellationToken cancellationToken) =>
        (await LeaseAsync(name, cancellationToken)).Lease;

    /// <summary>
    /// Looks at every destination, so that <see cref="IdentityProblem"/> and <see cref="FreeSpaceOf"/> tell how it is now. One
    /// that does not answer holds up no other.
    /// </summary>
    public Task CheckAllAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(
            Items.Select(async item =>
            {
                try
                {
                    await using var lease = await OpenAsync(item.Key, cancellationToken);
                    RecordFreeSpace(item.Value, await lease.FreeBytesAsync(cancellationToken));
                }
                catch (HoldfastException)
                {
                    // The slot keeps what is wrong with an identity; what else fails, the next backup tells.
                }
            })
        );

    /// <summary>How its last test went; null where it was not tested as it is defined now.</summary>
    public DestinationTest? LastTest(DestinationConfig config) =>
        _tests.TryGetValue(config.Name, out var last) && last.Config == config ? last.Test : null;

    /// <summary>
    /// The room that was left there when it was looked at last, about once a minute; null where that is not known of it
    /// as it is defined now.
    /// </summary>
    public DestinationFreeSpace? FreeSpaceOf(DestinationConfig config) =>
        _freeSpace.TryGetValue(config.Name, out var last) && last.Config == config ? last.Room : null;

    /// <summary>Tries whether files can be written, listed and removed at one.</summary>
    /// <exception cref="HoldfastException">What does not work; it is kept for <see cref="LastTest"/>.</exception>
    public async Task<DestinationTest> TestAsync(string name, CancellationToken cancellationToken)
    {
        var config = GetDefinition(name);
        var longest = _settings.DestinationLimits.TestTimeout;
        using var late = new CancellationTokenSource(longest, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return Keep(new(_time.GetUtcNow(), await TestAccessAsync(name, stop.Token), null));
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(
                new(
                    ErrorCatalogue.DestinationFailed,
                    $"Destination '{name}' has not done within {longest.TotalSeconds:0} s what a test asks of it.",
                    "Check the disk, the mount and the network to it.",
                    e
                )
            );
        }
        catch (HoldfastException e)
        {
            throw Failed(e);
        }

        HoldfastException Failed(HoldfastException e)
        {
            Keep(new(_time.GetUtcNow(), null, OperationError.From(e)));
            return e;
        }

        DestinationTest Keep(DestinationTest test)
        {
            _tests[name] = (config, test);
            if (test.Problem is null)
            {
                RecordFreeSpace(config, test.FreeBytes);
            }
            return test;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        await _stop.CancelAsync();
        await Task.WhenAll(_connections.Values.Select(s => s.CloseAsync().AsTask()));
        _stop.Dispose();
        _defining.Dispose();
    }

    /// <summary>Whether two definitions name the same root, however it is written.</summary>
    internal bool HasSameRoot(DestinationConfig config, DestinationConfig? other) => _roots.AreSame(config, other);

    private void RecordFreeSpace(DestinationConfig config, long? freeBytes)
    {
        if (freeBytes is { } free)
        {
            _freeSpace[config.Name] = (config, new(_time.GetUtcNow(), free));
        }
    }

    private DestinationConfig GetDefinition(string name) =>
        Find(name)?.Value
        ?? throw new HoldfastException(
            ErrorCatalogue.NotFound,
            $"Destination '{name}' is not defined.",
            "Define it, or take it out of the task."
        );

    private IDestinationRoot RootOf(DestinationConfig config)
    {
        var (root, faults) = _roots.Read(config);
        return root
            ?? throw new HoldfastException(
                ErrorCatalogue.Usage,
                $"Destination '{config.Name}' cannot be used: {faults[0].Message}",
                faults[0].Hint
            );
    }

    private Task<IDestinationRoot> ResolveAsync(string name, IDestinationRoot root, CancellationToken cancellationToken) =>
        ConnectionOf(name)
            .Calls.RunAsync($"resolving '{root.Name}'", _settings.DestinationLimits.OpenTimeout, root.ResolveAsync, cancellationToken);

    private DestinationConnection ConnectionOf(string name) =>
        _connections.GetOrAdd(name, n => new(n, _settings.DestinationLimits, _time, () => Subscribers.Notify(ProblemChanged)));

    private async Task<(SharedDestination Shared, IDestination Lease)> LeaseAsync(string name, CancellationToken cancellationToken)
    {
        _ = GetDefinition(name);
        var slot = ConnectionOf(name);
        var (shared, lease) = await slot.LeaseAsync(
            () => (GetDefinition(name), _identities.IdentityOf(name)),
            config => OpenAsync(slot, config),
            cancellationToken
        );
        try
        {
            await lease.CheckIdentityAsync(cancellationToken); // the slot is told when it is not what it was
            slot.Problem = null;
            return (shared, lease);
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    // All that can hang is in one call, for which the limits hold.
    private Task<SharedDestination> OpenAsync(DestinationConnection slot, DestinationConfig config) =>
        slot.Calls.RunAsync(
            "opening it",
            _settings.DestinationLimits.OpenTimeout,
            async token =>
            {
                var root = await RootOf(config).ResolveAsync(token);
                var id = _identities.IdentityOf(config.Name) ?? await _identities.AdoptAsync(config.Name, root, token);
                return new SharedDestination(config, new GuardedDestination(await root.OpenAsync(id, token), slot.Calls));
            },
            _stop.Token
        );

    private async Task<string> InitializeAsync(DestinationConfig config, CancellationToken cancellationToken)
    {
        var (id, faults) = await ConnectionOf(config.Name)
            .Calls.RunAsync(
                "initializing it",
                _settings.DestinationLimits.OpenTimeout,
                async token => await _identities.InitializeAsync(config.Name, await RootOf(config).ResolveAsync(token), token),
                cancellationToken
            );
        ValidationException.ThrowIfAny([.. faults]);
        return id!;
    }

    // Null where it cannot be made now.
    private async Task<string?> TryInitializeAsync(DestinationConfig config, CancellationToken cancellationToken)
    {
        try
        {
            return await InitializeAsync(config, cancellationToken);
        }
        catch (HoldfastException)
        {
            return null; // the first opening tells
        }
    }

    // What a person without Holdfast needs lies there from the beginning.
    private async Task WriteInstructionsAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var opened = await OpenForBackupsAsync(name, cancellationToken);
        }
        catch (HoldfastException)
        {
            // The next backup tells, and tries again.
        }
    }

    private async Task<long> CommitAsync(
        string name,
        long? expected,
        IReadOnlyList<StateChange> changes,
        CancellationToken cancellationToken
    )
    {
        var commit = await _state.Store.CommitAsync(
            new() { Conditions = expected is null ? [] : [_state.Destinations.CreateCondition(name, expected.Value)], Changes = changes },
            cancellationToken
        );
        if (!commit.Applied)
        {
            throw new HoldfastException(
                ErrorCatalogue.Conflict,
                $"Destination '{name}' was changed by somebody else since it was read.",
                "Read it again, and decide anew."
            );
        }
        await _state.Destinations.WaitForRevisionAsync(commit.Revision, cancellationToken);
        await _identities.WaitForRevisionAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }

    private async Task<long?> TestAccessAsync(string name, CancellationToken cancellationToken)
    {
        await using var destination = await OpenAsync(name, cancellationToken);
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

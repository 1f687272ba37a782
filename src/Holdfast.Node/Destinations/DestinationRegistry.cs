using System.Collections.Concurrent;
using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Events;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.Limits;
using Holdfast.Destinations.Requests;
using Holdfast.Node.Destinations.Definitions;
using Holdfast.State;

namespace Holdfast.Node.Destinations;

/// <summary>
/// The destinations that operators have defined, each opened once and shared. A root is created and given its identity only when
/// the destination is defined or initialized; later, its identity is checked at each opening and nothing is created.
/// </summary>
public sealed class DestinationRegistry : IAsyncDisposable
{
    private readonly NodeState _state;
    private readonly DestinationRoots _roots;
    private readonly DestinationSecretStore _secrets;
    private readonly NodeSettings _settings;
    private readonly TimeProvider _time;
    private readonly DestinationIdentities _identities;
    private readonly DestinationTester _tester;
    private readonly ConcurrentDictionary<string, DestinationConnection> _connections = new(StringComparer.Ordinal);

    // Cancels openings that hang when the node stops.
    private readonly CancellationTokenSource _stop = new();
    private int _isDisposed;

    // Held while a definition is changed, so that two names never get the same root.
    private readonly SemaphoreSlim _defining = new(1);

    /// <summary>Creates the registry.</summary>
    /// <param name="state">The stored definitions, identities and known databases.</param>
    /// <param name="roots">Creates their roots.</param>
    /// <param name="secrets">Their secrets.</param>
    /// <param name="settings">Tag and limits of the node.</param>
    /// <param name="time">The clock.</param>
    public DestinationRegistry(
        NodeState state,
        DestinationRoots roots,
        DestinationSecretStore secrets,
        NodeSettings settings,
        TimeProvider time
    )
    {
        (_state, _roots, _secrets, _settings, _time) = (state, roots, secrets, settings, time);
        _identities = new(state.Destinations, state.Identities, roots, settings.Tag, state.Databases);
        _tester = new(this, settings.DestinationLimits, time);
    }

    /// <summary>Raised when <see cref="IdentityProblem"/> of a destination has changed. Must not block.</summary>
    public event Action? ProblemChanged;

    /// <summary>All destinations, by name.</summary>
    public IReadOnlyList<StateItem<DestinationConfig>> Items => [.. _state.Destinations.Items.OrderBy(i => i.Key, StringComparer.Ordinal)];

    /// <summary>The destination with this name; null if there is none.</summary>
    public StateItem<DestinationConfig>? Find(string name) => _state.Destinations.Find(name);

    /// <summary>The root of a destination, with its location resolved.</summary>
    /// <exception cref="HoldfastException">The destination is not defined; <see cref="ErrorCatalog.Usage"/> if this node may not
    /// use it; <see cref="ErrorCatalog.DestinationFailed"/> if that cannot be determined in time.</exception>
    public Task<IDestinationRoot> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        var root = RootOf(GetDefinition(name));
        return ResolveAsync(name, root, cancellationToken);
    }

    /// <summary>The identity that a destination must have on this node; null if it has none yet.</summary>
    public string? IdentityOf(string name) => _identities.IdentityOf(name);

    /// <summary>The identities that destinations must have on this node, by name.</summary>
    public IReadOnlyDictionary<string, string> Identities => _identities.All;

    /// <summary>Whether a stored identity belongs to a destination on this node.</summary>
    /// <param name="key">Its key in the state.</param>
    public bool IsOfThisNode(string key) => _identities.IsOfThisNode(key);

    /// <summary>
    /// Destinations whose folder is that of another one, or lies inside it, with that other one: copies at both are one copy.
    /// </summary>
    public IReadOnlyList<(string Name, string Other)> Overlapping => _identities.FindOverlapping();

    /// <summary>The latest known problem of a destination's identity; null if it is right.</summary>
    public HoldfastException? IdentityProblem(string name) =>
        _connections.TryGetValue(name, out var connection) ? connection.Problem : null;

    /// <summary>All destinations with an <see cref="IdentityProblem"/>; null for none.</summary>
    public IReadOnlySet<string>? Unavailable
    {
        get
        {
            HashSet<string>? unavailable = null; // called for every task, so it allocates only if needed
            foreach (var (name, connection) in _connections)
            {
                if (connection.Problem is not null)
                {
                    (unavailable ??= new(StringComparer.Ordinal)).Add(name);
                }
            }

            return unavailable;
        }
    }

    /// <summary>The errors of a definition; empty if it is valid.</summary>
    public Task<IReadOnlyList<ValidationError>> CheckAsync(DestinationConfig config, CancellationToken cancellationToken) =>
        CheckAsync(_roots.Separate(config, Find(config.Name)?.Value), cancellationToken);

    private async Task<IReadOnlyList<ValidationError>> CheckAsync(DestinationEdit edit, CancellationToken cancellationToken)
    {
        var config = edit.Config;
        var errors = new List<ValidationError>();
        if (!DatabaseId.IsSourceName(config.Name))
        {
            errors.Add(
                new(
                    "name",
                    $"'{config.Name}' is not a valid name of a destination.",
                    "Use 1 to 64 letters, digits, '.', '_' and '-', starting with a letter or digit."
                )
            );
        }
        var (root, wrong) = _roots.Read(edit);
        errors.AddRange(wrong);
        errors.AddRange(DestinationRoots.FindMisdirected(edit, Find(config.Name)?.Value));
        if (root is not null)
        {
            try
            {
                await ResolveAsync(config.Name, root, cancellationToken);
            }
            catch (HoldfastException e) when (e.Error == ErrorCatalog.Usage)
            {
                errors.Add(new(root.LocationKey, e.Message, e.Hint ?? "Give another folder."));
            }
        }

        return errors;
    }

    /// <summary>
    /// Stores a definition. A new one, or one with another path, is created there and gets its identity; if that is impossible now,
    /// the definition is stored anyway and has to be initialized later: a remote one by saving it again. Otherwise, saving a definition
    /// with an unchanged root changes nothing there.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Conflict"/>, or <see cref="ValidationException"/> with every
    /// error.</exception>
    public async Task<StateItem<DestinationConfig>> PutAsync(DestinationConfig config, long? expected, CancellationToken cancellationToken)
    {
        var edit = _roots.Separate(config, Find(config.Name)?.Value);
        config = edit.Config;
        ValidationException.ThrowIfAny(await CheckAsync(edit, cancellationToken));
        string? id;
        StateItem<DestinationConfig> stored;
        await _defining.WaitAsync(cancellationToken);
        try
        {
            // A remote destination that could not be initialized before is initialized now: the secret may have been corrected. A folder
            // is not, because its disk may not be mounted.
            var isUninitialized = IsRemote(config) && _identities.IdentityOf(config.Name) is null;
            if (Find(config.Name)?.Value is { } before && !isUninitialized && before.Kind == config.Kind && HasSameRoot(before, config))
            {
                var same = await CommitAsync(config.Name, expected, await ChangesAsync(edit, cancellationToken), cancellationToken);
                return new(config.Name, config, same);
            }
            id = await TryInitializeAsync(edit, cancellationToken);
            var revision = await CommitAsync(
                config.Name,
                expected,
                [.. await ChangesAsync(edit, cancellationToken), _identities.Change(config.Name, id)],
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

    /// <summary>Removes a definition. Its backups stay.</summary>
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
                    [
                        _state.Destinations.CreateRemoval(name),
                        DestinationSecretStore.CreateRemoval(name),
                        _state.Capabilities.CreateRemoval(name),
                        .. _identities.Removals(name),
                    ],
                    cancellationToken
                );
            }
            if (_connections.TryRemove(name, out var connection))
            {
                await connection.CloseAsync();
            }
        }
        finally
        {
            _defining.Release();
        }

        Subscribers.Notify(ProblemChanged);
    }

    /// <summary>
    /// Creates the root of a defined destination and gives it an identity, or adopts the existing one: from now on this root is the
    /// destination.
    /// </summary>
    /// <returns>The identity.</returns>
    /// <exception cref="HoldfastException">The destination is not defined, or cannot be initialized.</exception>
    public async Task<string> InitializeAsync(string name, CancellationToken cancellationToken)
    {
        await _defining.WaitAsync(cancellationToken);
        try
        {
            var config = GetDefinition(name);
            var id = await InitializeAsync(new DestinationEdit(config, new Dictionary<string, string>()), cancellationToken);
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

    /// <summary>Opens a destination for backups, and writes the restore instructions there. Dispose the lease after use.</summary>
    /// <exception cref="HoldfastException">The destination is not defined, or cannot be used.</exception>
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
    /// Opens a destination without writing anything. Dispose the lease after use; a redefined destination is closed when its last
    /// lease ends.
    /// </summary>
    /// <exception cref="HoldfastException">The destination is not defined, or cannot be used; <see
    /// cref="ErrorCatalog.DestinationIdentity"/> if its root has another identity.</exception>
    public async Task<IDestination> OpenAsync(string name, CancellationToken cancellationToken) =>
        (await LeaseAsync(name, cancellationToken)).Lease;

    /// <summary>
    /// Checks every destination, to update <see cref="IdentityProblem"/> and <see cref="FreeSpaceOf"/>. One that does not respond
    /// does not delay the others.
    /// </summary>
    public Task CheckAllAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(
            Items.Select(async item =>
            {
                try
                {
                    await using var lease = await OpenAsync(item.Key, cancellationToken);
                    _tester.RecordFreeSpace(item.Value, await lease.FreeBytesAsync(cancellationToken));
                }
                catch (HoldfastException)
                {
                    // The connection keeps a problem of the identity; the next backup reports any other failure.
                }
            })
        );

    /// <inheritdoc cref="DestinationTester.LastTest"/>
    public DestinationTest? LastTest(DestinationConfig config) => _tester.LastTest(config);

    /// <inheritdoc cref="DestinationTester.FreeSpaceOf"/>
    public DestinationFreeSpace? FreeSpaceOf(DestinationConfig config) => _tester.FreeSpaceOf(config);

    /// <inheritdoc cref="DestinationTester.TestAsync"/>
    public async Task<DestinationTest> TestAsync(string name, CancellationToken cancellationToken) =>
        await _tester.TestAsync(GetDefinition(name), cancellationToken);

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

    /// <summary>Whether backups at a destination leave the machine.</summary>
    public bool IsRemote(DestinationConfig config) => _roots.IsRemote(config);

    /// <summary>How a destination may be used; without limits for one that is unknown or invalid.</summary>
    public DestinationPolicy PolicyOf(string name) => _roots.Find(Find(name)?.Value)?.Policy ?? DestinationPolicy.Default;

    /// <summary>Requests and bytes of a destination since this node was started; null for one without requests.</summary>
    public RequestCounts? RequestsOf(string name) => _connections.TryGetValue(name, out var connection) ? connection.Requests : null;

    /// <summary>Whether two definitions refer to the same root, regardless of notation.</summary>
    internal bool HasSameRoot(DestinationConfig config, DestinationConfig? other) => _roots.AreSame(config, other);

    /// <summary>Stores what a test has found out. From the next opening on, it is used.</summary>
    internal async Task StoreCapabilitiesAsync(string name, DestinationCapabilities capabilities, CancellationToken cancellationToken)
    {
        var config = GetDefinition(name);
        var probed = new ProbedCapabilities(RootOf(config).ProbedAs, capabilities);
        if (IsRemote(config) && _state.Capabilities.Find(name)?.Value != probed)
        {
            await _state.Capabilities.PutAsync(name, probed, null, cancellationToken);
        }
    }

    private DefinedDestination Define(string name)
    {
        var config = GetDefinition(name);
        return new(config, _identities.IdentityOf(name), CapabilitiesOf(config));
    }

    private DestinationCapabilities? CapabilitiesOf(DestinationConfig config) =>
        _state.Capabilities.Find(config.Name)?.Value is { } probed && probed.Root == RootOf(config).ProbedAs ? probed.Capabilities : null;

    private DestinationConfig GetDefinition(string name) =>
        Find(name)?.Value
        ?? throw new HoldfastException(
            ErrorCatalog.NotFound,
            $"Destination '{name}' is not defined.",
            "Define it, or remove it from the task."
        );

    private IDestinationRoot RootOf(DestinationConfig config) => RootOf(new DestinationEdit(config, new Dictionary<string, string>()));

    private IDestinationRoot RootOf(DestinationEdit edit)
    {
        var config = edit.Config;
        var (root, errors) = _roots.Read(edit);
        return root
            ?? throw new HoldfastException(
                ErrorCatalog.Usage,
                $"Destination '{config.Name}' cannot be used: {errors[0].Message}",
                errors[0].Hint
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
        var connection = ConnectionOf(name);
        var (shared, lease) = await connection.LeaseAsync(() => Define(name), config => OpenAsync(connection, config), cancellationToken);
        try
        {
            await lease.CheckIdentityAsync(cancellationToken); // updates the connection if the identity has changed
            connection.Problem = null;
            return (shared, lease);
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    // All blocking calls are inside this one, so that the limits apply.
    private Task<SharedDestination> OpenAsync(DestinationConnection connection, DestinationConfig config) =>
        connection.Calls.RunAsync(
            "opening it",
            _settings.DestinationLimits.OpenTimeout,
            async token =>
            {
                var root = await RootOf(config).ResolveAsync(token);
                var id = _identities.IdentityOf(config.Name) ?? await _identities.AdoptAsync(config.Name, root, token);
                var capabilities = CapabilitiesOf(config);
                var opened = await root.OpenAsync(id, token, capabilities);
                return new SharedDestination(config, capabilities, new GuardedDestination(opened, connection.Calls));
            },
            _stop.Token
        );

    private async Task<string> InitializeAsync(DestinationEdit edit, CancellationToken cancellationToken)
    {
        var name = edit.Config.Name;
        var (id, errors) = await ConnectionOf(name)
            .Calls.RunAsync(
                "initializing it",
                _settings.DestinationLimits.OpenTimeout,
                async token => await _identities.InitializeAsync(name, await RootOf(edit).ResolveAsync(token), token),
                cancellationToken
            );
        ValidationException.ThrowIfAny([.. errors]);
        return id!;
    }

    // Null if it cannot be created now.
    private async Task<string?> TryInitializeAsync(DestinationEdit edit, CancellationToken cancellationToken)
    {
        try
        {
            return await InitializeAsync(edit, cancellationToken);
        }
        catch (HoldfastException)
        {
            return null; // the first opening reports the failure
        }
    }

    // The restore instructions are there from the beginning.
    private async Task WriteInstructionsAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var opened = await OpenForBackupsAsync(name, cancellationToken);
        }
        catch (HoldfastException)
        {
            // The next backup reports the failure, and retries.
        }
    }

    // A definition and its secrets, so that neither is ever stored without the other.
    private async Task<IReadOnlyList<StateChange>> ChangesAsync(DestinationEdit edit, CancellationToken cancellationToken) =>
        [_state.Destinations.CreateChange(edit.Config.Name, edit.Config), await _secrets.CreateChangeAsync(edit, cancellationToken)];

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
                ErrorCatalog.Conflict,
                $"Destination '{name}' has been changed by someone else since it was read.",
                "Read it again, and retry."
            );
        }
        await _state.Destinations.WaitForRevisionAsync(commit.Revision, cancellationToken);
        await _identities.WaitForRevisionAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }
}

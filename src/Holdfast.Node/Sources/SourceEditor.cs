using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;
using Holdfast.State;

namespace Holdfast.Node.Sources;

/// <summary>Sources that are defined over the API: stores their definitions, and attaches them on every node that reads them.</summary>
public sealed class SourceEditor
{
    private readonly StateMirror<SourceDefinition> _definitions;
    private readonly SecretStore _secrets;
    private readonly SourcePasswords _passwords;
    private readonly SourcePasswords _restorePasswords;
    private readonly SourceDefinitionValidator _validator;
    private readonly SourceRegistry _sources;
    private readonly AttachedSourceFactory? _factory;
    private readonly Dictionary<string, long> _attached = new(StringComparer.Ordinal); // revisions, by name

    // Guards _attached, and makes sure that the definition that was stored last is attached last. Taken before the registry's lock; never
    // held while calling a source.
    private readonly Lock _gate = new();

    /// <summary>Creates the editor; it attaches nothing until <see cref="Start"/>.</summary>
    /// <param name="definitions">The stored definitions.</param>
    /// <param name="secrets">Stores the passwords.</param>
    /// <param name="sources">The sources of this node.</param>
    /// <param name="configured">Names of the sources in the configuration file.</param>
    /// <param name="factory">Creates the source of a definition; null if none can be defined over the API.</param>
    public SourceEditor(
        StateMirror<SourceDefinition> definitions,
        SecretStore secrets,
        SourceRegistry sources,
        IEnumerable<string> configured,
        AttachedSourceFactory? factory
    )
    {
        (_definitions, _secrets, _sources, _factory) = (definitions, secrets, sources, factory);
        _passwords = new(secrets, definitions);
        _restorePasswords = SourcePasswords.ForRestoreRole(secrets, definitions);
        // A file system that ignores case would use one folder for two names.
        var names = new HashSet<string>(configured, StringComparer.OrdinalIgnoreCase);
        _validator = new(definitions, _passwords, _restorePasswords, names, factory);
    }

    /// <summary>The definition of a name; null if there is none.</summary>
    public StateItem<SourceDefinition>? Find(string name) => _definitions.Find(name);

    /// <summary>Attaches all stored sources, and follows changes from then on. Waits for no source.</summary>
    public void Start()
    {
        _definitions.Changed += (name, _, _) => Apply(name);
        foreach (var item in _definitions.Items)
        {
            Apply(item.Key);
        }
    }

    /// <summary>
    /// Stores a definition and its passwords; returns when the source is attached and its first discovery has ended or timed out.
    /// </summary>
    /// <param name="definition">The definition.</param>
    /// <param name="passwords">Its passwords.</param>
    /// <param name="expected">Required current revision; 0 if it must not exist; null for any.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Conflict"/>, or <see cref="ValidationException"/> with all errors.
    /// </exception>
    public async Task<StateItem<SourceDefinition>> PutAsync(
        SourceDefinition definition,
        SourcePasswordUpdate passwords,
        long? expected,
        CancellationToken cancellationToken
    )
    {
        await _validator.ValidateAsync(definition, passwords, cancellationToken);
        // In one transaction: a definition that is refused must not replace the password in use.
        List<StateChange> changes =
        [
            .. await _passwords.CreateChangesAsync(definition.Name, definition.Url, passwords.Password, cancellationToken),
        ];
        if (definition.RestoreUser is { } user)
        {
            changes.AddRange(
                await _restorePasswords.CreateChangesAsync(
                    definition.Name,
                    FormatAddress(definition.Url, user),
                    passwords.RestorePassword,
                    cancellationToken
                )
            );
        }
        else
        {
            changes.AddRange(_restorePasswords.CreateRemovals(definition.Name));
        }
        var revision = await CommitAsync(
            definition.Name,
            expected,
            [_definitions.CreateChange(definition.Name, definition), .. changes],
            cancellationToken
        );
        Apply(definition.Name);
        if (_sources.Find(definition.Name) is { } monitor)
        {
            await monitor.WaitUntilReadyAsync(cancellationToken);
        }
        return new(definition.Name, definition, revision);
    }

    /// <summary>Deletes a definition: the databases of the source count as dropped, and their backups are kept.</summary>
    public async Task DeleteAsync(string name, long? expected, CancellationToken cancellationToken)
    {
        await CommitAsync(
            name,
            expected,
            [_definitions.CreateRemoval(name), .. _passwords.CreateRemovals(name), .. _restorePasswords.CreateRemovals(name)],
            cancellationToken
        );
        Apply(name);
    }

    /// <summary>Creates a source from a definition that is not stored, for a test. Dispose it to detach it.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="passwords">Its passwords; those that are null are read from the store, by the name of the definition.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ValidationException">The definition is not valid.</exception>
    public async Task<AttachedSource> CreateUnsavedAsync(
        SourceDefinition definition,
        SourcePasswordUpdate passwords,
        CancellationToken cancellationToken
    )
    {
        await _validator.ValidateAsync(definition, passwords, cancellationToken);
        var stored = GetStoredSecrets(definition);
        return _factory!(
            definition,
            new(
                async token => passwords.Password ?? await stored.Password(token),
                async token => passwords.RestorePassword ?? await stored.RestorePassword(token)
            )
        );
    }

    /// <summary>Whether a password is stored for a source.</summary>
    public Task<bool> HasPasswordAsync(string name, CancellationToken cancellationToken) => _passwords.HasAsync(name, cancellationToken);

    /// <summary>Whether a password is stored for the role that runs restores at a source.</summary>
    public Task<bool> HasRestorePasswordAsync(string name, CancellationToken cancellationToken) =>
        _restorePasswords.HasAsync(name, cancellationToken);

    // The password of a role is bound to that role at that URL.
    private static string FormatAddress(string url, string user) => $"{url} {user}";

    private SourceSecrets GetStoredSecrets(SourceDefinition definition) =>
        new(
            async token => await _passwords.FindAsync(definition.Name, definition.Url, token),
            async token =>
                definition.RestoreUser is { } user
                    ? await _restorePasswords.FindAsync(definition.Name, FormatAddress(definition.Url, user), token)
                    : null
        );

    private async Task<long> CommitAsync(
        string name,
        long? expected,
        IReadOnlyList<StateChange> changes,
        CancellationToken cancellationToken
    )
    {
        StateCondition[] conditions = expected is null ? [] : [_definitions.CreateCondition(name, expected.Value)];
        var commit = await _secrets.CommitAsync(new() { Conditions = conditions, Changes = changes }, cancellationToken);
        if (!commit.Applied)
        {
            throw new HoldfastException(
                ErrorCatalog.Conflict,
                $"'{name}' has changed since it was read.",
                "Read it again and repeat the change."
            );
        }
        await _definitions.WaitForRevisionAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }

    // Attaches each revision once: called by the caller that stored it and by the mirror that saw the change, in either order.
    private void Apply(string name)
    {
        lock (_gate)
        {
            var item = _definitions.Find(name);
            if (_attached.GetValueOrDefault(name) == (item?.Revision ?? 0))
            {
                return;
            }
            if (item is null)
            {
                _attached.Remove(name);
                _sources.Detach(name);
                return;
            }

            _attached[name] = item.Revision;
            _sources.Attach(CreateAttached(item.Value));
        }
    }

    // A definition that cannot be used becomes a source with that problem.
    private AttachedSource CreateAttached(SourceDefinition definition)
    {
        try
        {
            if (_factory is null)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    "Sources that are defined over the API cannot be attached here.",
                    "Define it in holdfast.json."
                );
            }
            return _factory(definition, GetStoredSecrets(definition));
        }
        catch (ValidationException e)
        {
            var reason = new HoldfastException(ErrorCatalog.Usage, e.Errors[0].Message, e.Errors[0].Hint, e);
            return new(definition.Engine, new UnusableSource(definition.Name, reason), CanSnapshot: false);
        }
        catch (HoldfastException e)
        {
            return new(definition.Engine, new UnusableSource(definition.Name, e), CanSnapshot: false);
        }
        catch (Exception e)
        {
            var reason = new HoldfastException(ErrorCatalog.Unexpected, $"{e.GetType().Name}: {e.Message}", "Please report this.", e);
            return new(definition.Engine, new UnusableSource(definition.Name, reason), CanSnapshot: false);
        }
    }
}

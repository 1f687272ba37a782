using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Engines;
using Holdfast.Node.Discovery;
using Holdfast.Node.Secrets;
using Holdfast.State;

namespace Holdfast.Node.Sources;

/// <summary>Sources that are defined over the API: stored, and attached by every node that sees them.</summary>
public sealed class SourceEditor
{
    private readonly StateMirror<SourceDefinition> _definitions;
    private readonly SecretStore _secrets;
    private readonly SourcePasswords _passwords;
    private readonly SourcePasswords _restorePasswords;
    private readonly SourceRegistry _sources;
    private readonly AttachedSourceFactory? _factory;
    private readonly HashSet<string> _configured;
    private readonly Dictionary<string, long> _attached = new(StringComparer.Ordinal); // revisions, by name
    private readonly Lock _gate = new(); // guards what is attached, and that what was stored last is attached last

    /// <summary>Makes it.</summary>
    /// <param name="definitions">As they are stored.</param>
    /// <param name="secrets">Where passwords are kept.</param>
    /// <param name="sources">Takes them.</param>
    /// <param name="configured">Names of the sources that the configuration has.</param>
    /// <param name="attach">Attaches one; null where none can be defined here.</param>
    public SourceEditor(
        StateMirror<SourceDefinition> definitions,
        SecretStore secrets,
        SourceRegistry sources,
        IEnumerable<string> configured,
        AttachedSourceFactory? attach
    )
    {
        (_definitions, _secrets, _sources, _factory) = (definitions, secrets, sources, attach);
        _passwords = new(secrets, definitions);
        _restorePasswords = SourcePasswords.ForRestoreRole(secrets, definitions);
        _configured = new(configured, StringComparer.OrdinalIgnoreCase); // folders of destinations may not tell cases apart
    }

    /// <summary>One of them; null where there is none of that name.</summary>
    public StateItem<SourceDefinition>? Find(string name) => _definitions.Find(name);

    /// <summary>Attaches all that are stored, and follows what is changed from then on. Waits for none of them.</summary>
    public void Start()
    {
        _definitions.Changed += (name, _, _) => Apply(name);
        foreach (var item in _definitions.Items)
        {
            Apply(item.Key);
        }
    }

    /// <summary>What is wrong with a definition; nothing where it can be used.</summary>
    public IReadOnlyList<ValidationError> Check(SourceDefinition definition)
    {
        var faults = new List<ValidationError>();
        if (!DatabaseId.IsSourceName(definition.Name))
        {
            faults.Add(
                new(
                    "name",
                    $"'{definition.Name}' is not a source's name.",
                    "Use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit."
                )
            );
        }
        else if (_configured.Contains(definition.Name))
        {
            faults.Add(
                new(
                    "name",
                    $"'{definition.Name}' is a source of this server's configuration.",
                    "Choose another name, or change it in holdfast.json."
                )
            );
        }
        else if (
            _definitions
                .Items.Select(d => d.Key)
                .FirstOrDefault(n => n != definition.Name && n.Equals(definition.Name, StringComparison.OrdinalIgnoreCase)) is
            { } other
        )
        {
            faults.Add(new("name", $"'{other}' is a source already, and differs only by its case.", "Choose another name."));
        }
        try
        {
            if (_factory is null)
            {
                faults.Add(new("engine", "No source can be defined here.", "Define it in holdfast.json."));
            }
            else
            {
                _factory(definition, SourceSecrets.None);
            }
        }
        catch (ValidationException e)
        {
            faults.AddRange(e.Errors);
        }

        return faults;
    }

    /// <summary>
    /// Stores a definition and its passwords, and returns when it is attached and has been looked at, or does not
    /// answer.
    /// </summary>
    /// <param name="definition">The definition.</param>
    /// <param name="passwords">Its passwords.</param>
    /// <param name="expected">Revision that it must have; null for any, 0 for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalogue.Conflict"/>, or <see cref="ValidationException"/> with every fault.
    /// </exception>
    public async Task<StateItem<SourceDefinition>> PutAsync(
        SourceDefinition definition,
        SourcePasswordUpdate passwords,
        long? expected,
        CancellationToken cancellationToken
    )
    {
        await CheckAsync(definition, passwords, cancellationToken);
        // Together, or not at all: an edit that is refused has not replaced the password that is in use.
        List<StateChange> changes =
        [
            .. await _passwords.ChangesAsync(definition.Name, definition.Url, passwords.Password, cancellationToken),
        ];
        if (definition.RestoreUser is { } user)
        {
            changes.AddRange(
                await _restorePasswords.ChangesAsync(
                    definition.Name,
                    AddressOf(definition.Url, user),
                    passwords.RestorePassword,
                    cancellationToken
                )
            );
        }
        else
        {
            changes.AddRange(_restorePasswords.Removals(definition.Name));
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

    /// <summary>Removes a definition: its databases count as dropped, and their backups stay.</summary>
    public async Task DeleteAsync(string name, long? expected, CancellationToken cancellationToken)
    {
        await CommitAsync(
            name,
            expected,
            [_definitions.CreateRemoval(name), .. _passwords.Removals(name), .. _restorePasswords.Removals(name)],
            cancellationToken
        );
        Apply(name);
    }

    /// <summary>A source made of a definition that is not stored, for a test. Detach it by disposing it.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="passwords">Its passwords; null for the one that is stored under its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ValidationException">It cannot be used.</exception>
    public async Task<AttachedSource> CreateUnsavedAsync(
        SourceDefinition definition,
        SourcePasswordUpdate passwords,
        CancellationToken cancellationToken
    )
    {
        await CheckAsync(definition, passwords, cancellationToken);
        var stored = StoredSecrets(definition);
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

    /// <summary>Whether a password of the role that restores are run as is stored for a source.</summary>
    public Task<bool> HasRestorePasswordAsync(string name, CancellationToken cancellationToken) =>
        _restorePasswords.HasAsync(name, cancellationToken);

    // The password of a role is for that role at that address.
    private static string AddressOf(string url, string user) => $"{url} {user}";

    private SourceSecrets StoredSecrets(SourceDefinition definition) =>
        new(
            async token => await _passwords.FindAsync(definition.Name, definition.Url, token),
            async token =>
                definition.RestoreUser is { } user
                    ? await _restorePasswords.FindAsync(definition.Name, AddressOf(definition.Url, user), token)
                    : null
        );

    // A password was given for one address: it goes to no other that somebody puts in its place.
    private async Task CheckAsync(SourceDefinition definition, SourcePasswordUpdate passwords, CancellationToken cancellationToken)
    {
        var faults = Check(definition);
        var stored = _definitions.Find(definition.Name)?.Value;
        if (
            passwords.Password is null
            && stored is not null
            && stored.Url != definition.Url
            && await HasPasswordAsync(definition.Name, cancellationToken)
        )
        {
            faults =
            [
                .. faults,
                new(
                    "password",
                    "The address has changed, and the password that is kept was given for the old one.",
                    "Give the password again, or an empty one for none."
                ),
            ];
        }
        if (
            definition.RestoreUser is not null
            && passwords.RestorePassword is null
            && stored is not null
            && (stored.Url, stored.RestoreUser) != (definition.Url, definition.RestoreUser)
            && await HasRestorePasswordAsync(definition.Name, cancellationToken)
        )
        {
            faults =
            [
                .. faults,
                new(
                    "restore.password",
                    "The address or the role that restores are run as has changed, and the password that is kept was given "
                        + "for the old one.",
                    "Give the password again, or an empty one for none."
                ),
            ];
        }
        if (definition.RestoreUser is null && !string.IsNullOrEmpty(passwords.RestorePassword))
        {
            faults =
            [
                .. faults,
                new(
                    "restore.user",
                    "There is a password for restores, and no role that it is for.",
                    "Name the role that restores are run as."
                ),
            ];
        }
        ValidationException.ThrowIfAny(faults);
    }

    private async Task<long> CommitAsync(
        string name,
        long? expected,
        IReadOnlyList<StateChange> changes,
        CancellationToken cancellationToken
    )
    {
        StateCondition[] conditions = expected is null ? [] : [new(_definitions.CreateRemoval(name).Key, expected.Value)];
        var commit = await _secrets.CommitAsync(new() { Conditions = conditions, Changes = changes }, cancellationToken);
        if (!commit.Applied)
        {
            throw new HoldfastException(
                ErrorCatalogue.Conflict,
                $"'{name}' was changed by somebody else since it was read.",
                "Read it again, and decide anew."
            );
        }
        await _definitions.WaitForRevisionAsync(commit.Revision, cancellationToken);
        return commit.Revision;
    }

    // Each revision once, whoever comes first: who stored it, or who saw it stored. Calls no source.
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

    // What cannot be used is listed with the reason, as any source with a problem.
    private AttachedSource CreateAttached(SourceDefinition definition)
    {
        try
        {
            if (_factory is null)
            {
                throw new HoldfastException(
                    ErrorCatalogue.Usage,
                    "Sources that are defined over the API cannot be attached here.",
                    "Define it in holdfast.json."
                );
            }
            return _factory(definition, StoredSecrets(definition));
        }
        catch (ValidationException e)
        {
            var reason = new HoldfastException(ErrorCatalogue.Usage, e.Errors[0].Message, e.Errors[0].Hint, e);
            return new(definition.Engine, new UnusableSource(definition.Name, reason), CanSnapshot: false);
        }
        catch (HoldfastException e)
        {
            return new(definition.Engine, new UnusableSource(definition.Name, e), CanSnapshot: false);
        }
        catch (Exception e)
        {
            var reason = new HoldfastException(ErrorCatalogue.Unexpected, $"{e.GetType().Name}: {e.Message}", "Please report this.", e);
            return new(definition.Engine, new UnusableSource(definition.Name, reason), CanSnapshot: false);
        }
    }
}

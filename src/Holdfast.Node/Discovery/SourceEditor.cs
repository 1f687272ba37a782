using Holdfast.Core.Databases;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Secrets;
using Holdfast.State;

namespace Holdfast.Node.Discovery;

/// <summary>Sources that are defined over the API: stored, and attached by every node that sees them.</summary>
public sealed class SourceEditor : IDisposable
{
    private const string Secrets = "sources/";

    private readonly StateMirror<SourceDefinition> _definitions;
    private readonly SecretStore _secrets;
    private readonly SourceBook _sources;
    private readonly AttachSource? _attach;
    private readonly HashSet<string> _configured;
    private readonly Dictionary<string, long> _attached = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Makes it.</summary>
    /// <param name="definitions">As they are stored.</param>
    /// <param name="secrets">Where passwords are kept.</param>
    /// <param name="sources">Takes them.</param>
    /// <param name="configured">Names of the sources that the configuration has.</param>
    /// <param name="attach">Attaches one; null where none can be defined here.</param>
    public SourceEditor(StateMirror<SourceDefinition> definitions, SecretStore secrets, SourceBook sources, IEnumerable<string> configured, AttachSource? attach)
    {
        (_definitions, _secrets, _sources, _attach) = (definitions, secrets, sources, attach);
        _configured = new(configured, StringComparer.OrdinalIgnoreCase); // folders of destinations may not tell cases apart
    }

    /// <summary>Told when one could not be attached, which its definition should not let happen: its name, and why.</summary>
    public event Action<string, HoldfastException>? Failed;

    /// <summary>One of them; null where there is none of that name.</summary>
    public StateItem<SourceDefinition>? Find(string name) => _definitions.Find(name);

    /// <summary>Attaches all that are stored, and follows what is changed from then on.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _definitions.Changed += (name, _, _) => _ = FollowAsync(name);
        await Task.WhenAll(_definitions.Items.Select(d => FollowAsync(d.Key))).WaitAsync(cancellationToken);
    }

    /// <summary>What is wrong with a definition; nothing where it can be used.</summary>
    public IReadOnlyList<Fault> Check(SourceDefinition definition)
    {
        var faults = new List<Fault>();
        if (!DatabaseId.IsSourceName(definition.Name)) faults.Add(new("name", $"'{definition.Name}' is not a source's name.", "Use 1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit."));
        else if (_configured.Contains(definition.Name)) faults.Add(new("name", $"'{definition.Name}' is a source of this server's configuration.", "Choose another name, or change it in holdfast.json."));
        else if (_definitions.Items.Select(d => d.Key).FirstOrDefault(n => n != definition.Name && n.Equals(definition.Name, StringComparison.OrdinalIgnoreCase)) is { } other) faults.Add(new("name", $"'{other}' is a source already, and differs only by its case.", "Choose another name."));
        try
        {
            if (_attach is null) faults.Add(new("engine", "No source can be defined here.", "Define it in holdfast.json."));
            else _attach(definition, _ => new((string?)null));
        }
        catch (HoldfastException e)
        {
            faults.Add(new("url", e.Message, e.Hint ?? "Write postgresql://USER@HOST:PORT."));
        }

        return faults;
    }

    /// <summary>Stores a definition, and returns when it is attached and has been looked at.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="password">Its password; null to keep the one that is stored, empty for none.</param>
    /// <param name="expected">Revision that it must have; null for any, 0 for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.Conflict"/>, or <see cref="InvalidException"/> with every fault.</exception>
    public async Task<StateItem<SourceDefinition>> PutAsync(SourceDefinition definition, string? password, long? expected, CancellationToken cancellationToken)
    {
        await CheckAsync(definition, password, cancellationToken);
        // Before: who attaches it finds it. A password whose definition is refused is used by nobody.
        if (password is { Length: > 0 }) await _secrets.PutAsync(Secrets + definition.Name, password, cancellationToken);
        else if (password is not null) await _secrets.DeleteAsync(Secrets + definition.Name, cancellationToken);
        var stored = await _definitions.PutAsync(definition.Name, definition, expected, cancellationToken);
        await ApplyAsync(definition.Name);
        return stored;
    }

    /// <summary>Removes a definition: its databases count as dropped, and their backups stay.</summary>
    public async Task DeleteAsync(string name, long? expected, CancellationToken cancellationToken)
    {
        await _definitions.DeleteAsync(name, expected, cancellationToken);
        await _secrets.DeleteAsync(Secrets + name, cancellationToken);
        await ApplyAsync(name);
    }

    /// <summary>A source made of a definition that is not stored, for a test. Detach it by disposing it.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="password">Its password; null for the one that is stored under its name.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="InvalidException">It cannot be used.</exception>
    public async Task<AttachedSource> DraftAsync(SourceDefinition definition, string? password, CancellationToken cancellationToken)
    {
        await CheckAsync(definition, password, cancellationToken);
        return _attach!(definition, async token => password ?? await _secrets.FindAsync(Secrets + definition.Name, token));
    }

    /// <summary>Whether a password is stored for a source.</summary>
    public async Task<bool> HasPasswordAsync(string name, CancellationToken cancellationToken) => (await _secrets.NamesAsync(Secrets, cancellationToken)).Contains(name);

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    // A password was given for one address: it goes to no other that somebody puts in its place.
    private async Task CheckAsync(SourceDefinition definition, string? password, CancellationToken cancellationToken)
    {
        var faults = Check(definition);
        if (password is null && _definitions.Find(definition.Name)?.Value is { } stored && stored.Url != definition.Url && await HasPasswordAsync(definition.Name, cancellationToken))
            faults = [.. faults, new("password", "The address has changed, and the password that is kept was given for the old one.", "Give the password again, or an empty one for none.")];
        InvalidException.ThrowIfAny(faults);
    }

    private async Task FollowAsync(string name)
    {
        try
        {
            await ApplyAsync(name);
        }
        catch (HoldfastException e)
        {
            Failed?.Invoke(name, e);
        }
        catch (ObjectDisposedException)
        {
            // The node stops.
        }
    }

    // Each revision once, whoever comes first: who stored it, or who saw it stored.
    private async Task ApplyAsync(string name)
    {
        await _turn.WaitAsync();
        try
        {
            var item = _definitions.Find(name);
            if (_attached.GetValueOrDefault(name) == (item?.Revision ?? 0)) return;
            if (item is null)
            {
                _attached.Remove(name);
                await _sources.DetachAsync(name);
                return;
            }

            _attached[name] = item.Revision;
            await _sources.AttachAsync(_attach!(item.Value, async token => await _secrets.FindAsync(Secrets + name, token)), CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }
}

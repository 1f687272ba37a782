namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// One restore that is run as a role, and all others of this process that were run as the same one in that time: where
/// the role was changed, any of them may have done it.
/// </summary>
internal sealed class RoleUsage : IDisposable
{
    // Of the whole process: several sources may name one server, and a source that is saved again is another object.
    private static readonly Dictionary<(string Server, string Role), List<RoleUsage>> Running = [];

    private readonly (string Server, string Role) _key;
    private readonly List<RoleUsage> _concurrent = [];

    private RoleUsage((string Server, string Role) at, string name, string temporaryName) =>
        (_key, Name, TemporaryName) = (at, name, temporaryName);

    /// <summary>Name of the new database.</summary>
    public string Name { get; }

    /// <summary>The name that it has in the making.</summary>
    public string TemporaryName { get; }

    /// <summary>Name of the one that was backed up, as the archive says it; null before that was read.</summary>
    public string? SourceDatabase { get; set; }

    /// <summary>The restores that have run at the same time at any moment, those too that have ended since.</summary>
    public IReadOnlyList<string> ConcurrentRestores
    {
        get
        {
            lock (Running)
            {
                return [.. _concurrent.Select(o => o.ToString())];
            }
        }
    }

    /// <summary>Begins one.</summary>
    /// <param name="server">What tells the server from others.</param>
    /// <param name="role">The role.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="temporaryName">The name that it has in the making.</param>
    public static RoleUsage Begin(string server, string role, string name, string temporaryName)
    {
        var use = new RoleUsage((server, role), name, temporaryName);
        lock (Running)
        {
            if (!Running.TryGetValue(use._key, out var running))
            {
                Running[use._key] = running = [];
            }
            use._concurrent.AddRange(running);
            foreach (var other in running)
            {
                other._concurrent.Add(use);
            }
            running.Add(use);
        }

        return use;
    }

    /// <summary>Whether a database in the making is this one or one of <see cref="ConcurrentRestores"/>.</summary>
    public bool Includes(string temporaryName)
    {
        lock (Running)
        {
            return temporaryName == TemporaryName || _concurrent.Exists(o => o.TemporaryName == temporaryName);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => SourceDatabase is null ? $"what becomes '{Name}'" : $"'{SourceDatabase}', restored as '{Name}'";

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        lock (Running)
        {
            if (!Running.TryGetValue(_key, out var running) || !running.Remove(this))
            {
                return;
            }
            if (SourceDatabase is null)
            {
                foreach (var other in running)
                {
                    other._concurrent.Remove(this); // it has run no code
                }
            }
            _concurrent.Clear(); // else each would keep all before it
            if (running.Count == 0)
            {
                Running.Remove(_key);
            }
        }
    }
}

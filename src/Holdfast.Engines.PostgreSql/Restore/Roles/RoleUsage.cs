namespace Holdfast.Engines.PostgreSql.Restore.Roles;

/// <summary>
/// A restore that uses a role, and all restores of this process that have used the same role at the same time: if the
/// role was changed, any of them may have done it. The static lock guards all instances; nothing is called while it is
/// held.
/// </summary>
internal sealed class RoleUsage : IDisposable
{
    // One list per process: several sources may refer to the same server, and saving a source replaces its object.
    private static readonly Dictionary<(string Server, string Role), List<RoleUsage>> Running = [];

    private readonly (string Server, string Role) _key;
    private readonly List<RoleUsage> _concurrent = [];

    private RoleUsage((string Server, string Role) key, string name, string temporaryName) =>
        (_key, Name, TemporaryName) = (key, name, temporaryName);

    /// <summary>Name of the new database.</summary>
    public string Name { get; }

    /// <summary>Its temporary name.</summary>
    public string TemporaryName { get; }

    /// <summary>Name of the backed-up database, from the archive; null before that was read.</summary>
    public string? SourceDatabase { get; set; }

    /// <summary>All restores that overlapped with this one, including those that have ended.</summary>
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

    /// <summary>Registers a restore.</summary>
    /// <param name="server">Identity of the server.</param>
    /// <param name="role">The role.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="temporaryName">Its temporary name.</param>
    public static RoleUsage Begin(string server, string role, string name, string temporaryName)
    {
        var usage = new RoleUsage((server, role), name, temporaryName);
        lock (Running)
        {
            if (!Running.TryGetValue(usage._key, out var running))
            {
                Running[usage._key] = running = [];
            }
            usage._concurrent.AddRange(running);
            foreach (var other in running)
            {
                other._concurrent.Add(usage);
            }
            running.Add(usage);
        }

        return usage;
    }

    /// <summary>Whether a temporary name is that of this restore or of one of <see cref="ConcurrentRestores"/>.</summary>
    public bool Includes(string temporaryName)
    {
        lock (Running)
        {
            return temporaryName == TemporaryName || _concurrent.Exists(o => o.TemporaryName == temporaryName);
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        SourceDatabase is null ? $"the new database '{Name}'" : $"'{SourceDatabase}', restored as '{Name}'";

    /// <summary>Unregisters it.</summary>
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
                    other._concurrent.Remove(this); // it has executed no code
                }
            }
            _concurrent.Clear(); // otherwise each would keep all earlier ones alive
            if (running.Count == 0)
            {
                Running.Remove(_key);
            }
        }
    }
}

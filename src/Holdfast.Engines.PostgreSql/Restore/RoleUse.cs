namespace Holdfast.Engines.PostgreSql.Restore;

/// <summary>
/// One restore that is run as a role, and all others of this process that were run as the same one in that time: where
/// the role was changed, any of them may have done it.
/// </summary>
internal sealed class RoleUse : IDisposable
{
    // Of the whole process: several sources may name one server, and a source that is saved again is another object.
    private static readonly Dictionary<(string Server, string Role), List<RoleUse>> Running = [];

    private readonly (string Server, string Role) _at;
    private readonly List<RoleUse> _others = [];

    private RoleUse((string Server, string Role) at, string name, string temporaryName) =>
        (_at, Name, TemporaryName) = (at, name, temporaryName);

    /// <summary>Name of the new database.</summary>
    public string Name { get; }

    /// <summary>The name that it has in the making.</summary>
    public string TemporaryName { get; }

    /// <summary>Name of the one that was backed up, as the archive says it; null before that was read.</summary>
    public string? Database { get; set; }

    /// <summary>The restores that have run at the same time at any moment, those too that have ended since.</summary>
    public IReadOnlyList<string> Others
    {
        get
        {
            lock (Running)
            {
                return [.. _others.Select(o => o.ToString())];
            }
        }
    }

    /// <summary>Begins one.</summary>
    /// <param name="server">What tells the server from others.</param>
    /// <param name="role">The role.</param>
    /// <param name="name">Name of the new database.</param>
    /// <param name="temporaryName">The name that it has in the making.</param>
    public static RoleUse Begin(string server, string role, string name, string temporaryName)
    {
        var use = new RoleUse((server, role), name, temporaryName);
        lock (Running)
        {
            if (!Running.TryGetValue(use._at, out var running))
            {
                Running[use._at] = running = [];
            }
            use._others.AddRange(running);
            foreach (var other in running)
            {
                other._others.Add(use);
            }
            running.Add(use);
        }

        return use;
    }

    /// <summary>Whether a database in the making is this one or one of <see cref="Others"/>.</summary>
    public bool Knows(string temporaryName)
    {
        lock (Running)
        {
            return temporaryName == TemporaryName || _others.Exists(o => o.TemporaryName == temporaryName);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Database is null ? $"what becomes '{Name}'" : $"'{Database}', restored as '{Name}'";

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        lock (Running)
        {
            if (!Running.TryGetValue(_at, out var running) || !running.Remove(this))
            {
                return;
            }
            if (Database is null)
            {
                foreach (var other in running)
                {
                    other._others.Remove(this); // it has run no code
                }
            }
            _others.Clear(); // else each would keep all before it
            if (running.Count == 0)
            {
                Running.Remove(_at);
            }
        }
    }
}

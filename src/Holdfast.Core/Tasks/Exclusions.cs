using System.Text.RegularExpressions;
using Holdfast.Core.Databases;

namespace Holdfast.Core.Tasks;

/// <summary>The databases that a template does not cover: exact ids and globs, case-insensitive.</summary>
public sealed class Exclusions
{
    private readonly HashSet<string> _names;
    private readonly NameGlobs _globs;

    /// <summary>Compiles the exclusions.</summary>
    /// <param name="excluded">Ids such as <c>demo/shop.db</c>, and globs such as <c>demo/tmp*</c> (as in <see cref="NameGlobs"/>).</param>
    public Exclusions(IReadOnlyList<string> excluded)
    {
        _names = excluded.ToHashSet(StringComparer.OrdinalIgnoreCase);
        _globs = new(excluded.Where(e => e.AsSpan().ContainsAny('*', '?')), RegexOptions.IgnoreCase);
    }

    /// <summary>Whether <paramref name="database"/> is excluded.</summary>
    public bool Contains(DatabaseId database)
    {
        var id = database.ToString();
        return _names.Contains(id) || (!_globs.IsEmpty && _globs.Matches(id));
    }
}

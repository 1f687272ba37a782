using System.Collections.Immutable;
using Holdfast.Core.Alerts;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;

namespace Holdfast.Node.Catalog;

/// <summary>The known problems of all databases, in memory. Immutable, so that readers need no lock.</summary>
internal sealed class CatalogProblems
{
    /// <summary>No problems.</summary>
    public static readonly CatalogProblems None = new(
        ImmutableDictionary<DatabaseId, IReadOnlyList<ArchiveAlertInput>>.Empty,
        ImmutableDictionary<(DatabaseId, string?), KnownBackupProblems>.Empty
    );

    private readonly ImmutableDictionary<DatabaseId, IReadOnlyList<ArchiveAlertInput>> _copies;
    private readonly ImmutableDictionary<(DatabaseId Database, string? Task), KnownBackupProblems> _newest;

    private CatalogProblems(
        ImmutableDictionary<DatabaseId, IReadOnlyList<ArchiveAlertInput>> copies,
        ImmutableDictionary<(DatabaseId Database, string? Task), KnownBackupProblems> newest
    ) => (_copies, _newest) = (copies, newest);

    /// <summary>One entry per database and destination with a problem.</summary>
    public IEnumerable<ArchiveAlertInput> Copies => _copies.Values.SelectMany(c => c);

    /// <summary>Whether a database has a copy with a problem.</summary>
    public bool Has(DatabaseId database) => _copies.ContainsKey(database);

    /// <summary>The problems of the newest backups of a database by one task; null for none.</summary>
    public KnownBackupProblems? Of(string? task, DatabaseId database) => _newest.GetValueOrDefault((database, task));

    /// <summary>These problems with those of one database replaced.</summary>
    /// <param name="id">Id of the database.</param>
    /// <param name="found">Its current problems.</param>
    public CatalogProblems With(string id, CatalogSummary found)
    {
        var database = DatabaseId.Parse(id);
        var others = Has(database) ? _newest.RemoveRange(_newest.Keys.Where(k => k.Database == database).ToList()) : _newest;
        return new(
            found.Copies.Count == 0 ? _copies.Remove(database) : _copies.SetItem(database, found.Copies),
            others.SetItems(found.Problems.Select(p => KeyValuePair.Create((database, p.Task), p.Points)))
        );
    }
}

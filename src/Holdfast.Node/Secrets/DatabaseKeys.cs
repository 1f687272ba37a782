using System.Text.RegularExpressions;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;

namespace Holdfast.Node.Secrets;

/// <summary>The keys of encrypted databases, by the database's id or a glob over ids.</summary>
/// <param name="secrets">Where they are kept.</param>
public sealed class DatabaseKeys(SecretStore secrets)
{
    private const string Beginning = "database-keys/";

    /// <summary>Stores the key of the databases that <paramref name="pattern"/> names.</summary>
    public Task PutAsync(string pattern, DatabaseKey key, CancellationToken cancellationToken) =>
        secrets.PutAsync(Beginning + pattern, key.Raw is { } raw ? Convert.ToBase64String(raw) : $"passphrase: {key.Passphrase}", cancellationToken);

    /// <summary>Forgets it.</summary>
    public Task DeleteAsync(string pattern, CancellationToken cancellationToken) => secrets.DeleteAsync(Beginning + pattern, cancellationToken);

    /// <summary>Ids and globs that have a key.</summary>
    public Task<IReadOnlyList<string>> PatternsAsync(CancellationToken cancellationToken) => secrets.NamesAsync(Beginning, cancellationToken);

    /// <summary>The key of a database: its own, else that of the first glob that fits, in ordinal order; null where none is known.</summary>
    public async Task<DatabaseKey?> FindAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var pattern = Match(database, await PatternsAsync(cancellationToken));
        return pattern is not null && await secrets.FindAsync(Beginning + pattern, cancellationToken) is { } text ? Parse(text) : null;
    }

    /// <summary>Every key, those of globs too: what may open the archive of a database that nobody named.</summary>
    public async Task<IReadOnlyList<DatabaseKey>> AllAsync(CancellationToken cancellationToken)
    {
        var keys = new List<DatabaseKey>();
        foreach (var pattern in await PatternsAsync(cancellationToken))
        {
            if (await secrets.FindAsync(Beginning + pattern, cancellationToken) is { } text) keys.Add(Parse(text));
        }

        return keys;
    }

    /// <summary>Which of the <paramref name="patterns"/> a database's key is kept under; null for none.</summary>
    public static string? Match(DatabaseId database, IReadOnlyList<string> patterns)
    {
        var id = database.ToString();
        return patterns.FirstOrDefault(p => p == id) ?? patterns.FirstOrDefault(p => p.AsSpan().ContainsAny('*', '?') && new NameGlobs([p], RegexOptions.None).Matches(id));
    }

    private static DatabaseKey Parse(string text)
    {
        const string passphrase = "passphrase: ";
        return text.StartsWith(passphrase, StringComparison.Ordinal) ? DatabaseKey.FromPassphrase(text[passphrase.Length..])
            : DatabaseKey.FromRaw(Convert.FromBase64String(text));
    }
}

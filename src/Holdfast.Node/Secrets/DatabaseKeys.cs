using System.Text.RegularExpressions;
using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Secrets;

/// <summary>
/// The keys of encrypted databases, by the database's id or a glob over ids: given by operators and kept here, or
/// printed by commands that the configuration names.
/// </summary>
/// <param name="secrets">Where they are kept.</param>
/// <param name="commands">Commands, by id or glob. A key that was given stands over them.</param>
public sealed class DatabaseKeys(SecretStore secrets, IReadOnlyDictionary<string, KeyCommand> commands)
{
    private const string Prefix = "database-keys/";
    private const string PassphrasePrefix = "passphrase: ";

    /// <summary>Stores the key of the databases that <paramref name="pattern"/> names.</summary>
    public Task PutAsync(string pattern, DatabaseKey key, CancellationToken cancellationToken) =>
        secrets.PutAsync(
            Prefix + pattern,
            key.Raw is { } raw ? Convert.ToBase64String(raw) : PassphrasePrefix + key.Passphrase,
            cancellationToken
        );

    /// <summary>Forgets it.</summary>
    public Task DeleteAsync(string pattern, CancellationToken cancellationToken) =>
        secrets.DeleteAsync(Prefix + pattern, cancellationToken);

    /// <summary>Ids and globs that have a key, those of commands too.</summary>
    public async Task<IReadOnlyList<string>> PatternsAsync(CancellationToken cancellationToken)
    {
        var given = await StoredPatternsAsync(cancellationToken);
        return commands.Count == 0 ? given : [.. given.Union(commands.Keys).Order(StringComparer.Ordinal)];
    }

    /// <summary>Ids and globs whose key was given, and can be forgotten.</summary>
    public Task<IReadOnlyList<string>> StoredPatternsAsync(CancellationToken cancellationToken) =>
        secrets.NamesAsync(Prefix, cancellationToken);

    /// <summary>
    /// The key of a database: its own, else that of the first glob that fits, in ordinal order; null where none is
    /// known.
    /// </summary>
    /// <exception cref="HoldfastException">A command does not print one.</exception>
    public async Task<DatabaseKey?> FindAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var pattern = Match(database, await PatternsAsync(cancellationToken));
        return pattern is null ? null : await FindByPatternAsync(pattern, cancellationToken);
    }

    /// <summary>Every key, those of globs too: what may open the archive of a database that nobody named.</summary>
    /// <exception cref="HoldfastException">A command does not print one.</exception>
    public async Task<IReadOnlyList<DatabaseKey>> AllAsync(CancellationToken cancellationToken)
    {
        var keys = new List<DatabaseKey>();
        foreach (var pattern in await PatternsAsync(cancellationToken))
        {
            if (await FindByPatternAsync(pattern, cancellationToken) is { } key)
            {
                keys.Add(key);
            }
        }

        return keys;
    }

    /// <summary>Which of the <paramref name="patterns"/> a database's key is kept under; null for none.</summary>
    public static string? Match(DatabaseId database, IReadOnlyList<string> patterns)
    {
        var id = database.ToString();
        return patterns.FirstOrDefault(p => p == id)
            ?? patterns.FirstOrDefault(p => p.AsSpan().ContainsAny('*', '?') && new NameGlobs([p], RegexOptions.None).Matches(id));
    }

    private async Task<DatabaseKey?> FindByPatternAsync(string pattern, CancellationToken cancellationToken) =>
        await secrets.FindAsync(Prefix + pattern, cancellationToken) is { } given ? Parse(given)
        : commands.GetValueOrDefault(pattern) is { } command ? ParseOutput(command, await command.RunAsync(cancellationToken))
        : null;

    private static DatabaseKey ParseOutput(KeyCommand command, string text)
    {
        if (text.StartsWith(PassphrasePrefix, StringComparison.Ordinal))
        {
            return DatabaseKey.FromPassphrase(text[PassphrasePrefix.Length..]);
        }
        try
        {
            return DatabaseKey.FromRaw(Convert.FromBase64String(AgeIdentity.Parse(text.Trim()).ToBase64()));
        }
        catch (HoldfastException)
        {
            throw new HoldfastException(
                ErrorCatalogue.KeyMissing,
                $"What the command '{command.Name}' prints is no key.",
                "It has to print 32 bytes as Base64 or 64 hexadecimal digits, or 'passphrase: ' and a passphrase."
            );
        }
    }

    private static DatabaseKey Parse(string text) =>
        text.StartsWith(PassphrasePrefix, StringComparison.Ordinal)
            ? DatabaseKey.FromPassphrase(text[PassphrasePrefix.Length..])
            : DatabaseKey.FromRaw(Convert.FromBase64String(text));
}

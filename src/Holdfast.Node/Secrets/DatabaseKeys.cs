using System.Text.RegularExpressions;
using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Node.Secrets;

/// <summary>
/// The keys of encrypted databases, by the id of a database or a glob: given by operators and stored here, or printed by commands
/// in the configuration.
/// </summary>
/// <param name="secrets">The secret store.</param>
/// <param name="commands">Commands, by id or glob. A stored key takes precedence.</param>
public sealed class DatabaseKeys(SecretStore secrets, IReadOnlyDictionary<string, KeyCommand> commands)
{
    private const string Prefix = "database-keys/";
    private const string PassphrasePrefix = "passphrase: ";

    /// <summary>Stores the key of the databases that match <paramref name="pattern"/>.</summary>
    public Task PutAsync(string pattern, DatabaseKey key, CancellationToken cancellationToken) =>
        secrets.PutAsync(
            Prefix + pattern,
            key.Raw is { } raw ? Convert.ToBase64String(raw) : PassphrasePrefix + key.Passphrase,
            cancellationToken
        );

    /// <summary>Deletes a stored key.</summary>
    public Task DeleteAsync(string pattern, CancellationToken cancellationToken) =>
        secrets.DeleteAsync(Prefix + pattern, cancellationToken);

    /// <summary>All ids and globs that have a key, including those of commands.</summary>
    public async Task<IReadOnlyList<string>> PatternsAsync(CancellationToken cancellationToken)
    {
        var given = await StoredPatternsAsync(cancellationToken);
        return commands.Count == 0 ? given : [.. given.Union(commands.Keys).Order(StringComparer.Ordinal)];
    }

    /// <summary>The ids and globs with a stored key, which can be deleted.</summary>
    public Task<IReadOnlyList<string>> StoredPatternsAsync(CancellationToken cancellationToken) =>
        secrets.NamesAsync(Prefix, cancellationToken);

    /// <summary>
    /// The key of a database: its own, otherwise that of the first matching glob, in ordinal order; null if unknown.
    /// </summary>
    /// <exception cref="HoldfastException">A command does not print a key.</exception>
    public async Task<DatabaseKey?> FindAsync(DatabaseId database, CancellationToken cancellationToken)
    {
        var pattern = Match(database, await PatternsAsync(cancellationToken));
        return pattern is null ? null : await FindByPatternAsync(pattern, cancellationToken);
    }

    /// <summary>All keys, including those of globs, which may open the archive of an unknown database.</summary>
    /// <exception cref="HoldfastException">A command does not print a key.</exception>
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

    /// <summary>The first of the <paramref name="patterns"/> that matches a database; null for none.</summary>
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
                ErrorCatalog.KeyMissing,
                $"The output of the command '{command.Name}' is not a key.",
                "It has to print 32 bytes as Base64 or 64 hexadecimal digits, or 'passphrase: ' and a passphrase."
            );
        }
    }

    private static DatabaseKey Parse(string text) =>
        text.StartsWith(PassphrasePrefix, StringComparison.Ordinal)
            ? DatabaseKey.FromPassphrase(text[PassphrasePrefix.Length..])
            : DatabaseKey.FromRaw(Convert.FromBase64String(text));
}

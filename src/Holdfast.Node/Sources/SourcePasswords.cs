using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;
using Holdfast.Node.Secrets;
using Holdfast.State;

namespace Holdfast.Node.Sources;

/// <summary>
/// The passwords of sources that are defined over the API. Each is bound to the address that it was given for. Passwords that version 0.1
/// stored have no address: they are bound to the one in the stored definition when they are first used.
/// </summary>
internal sealed class SourcePasswords
{
    private const string Prefix = "source-passwords/";
    private const string RestorePrefix = "source-restore-passwords/";
    private const string LegacyPrefix = "sources/";

    private readonly SecretStore _secrets;
    private readonly StateMirror<SourceDefinition> _definitions;
    private readonly string _prefix;
    private readonly string? _legacyPrefix;

    /// <summary>The passwords of the users in the URLs of sources.</summary>
    /// <param name="secrets">Stores the passwords.</param>
    /// <param name="definitions">The stored definitions.</param>
    public SourcePasswords(SecretStore secrets, StateMirror<SourceDefinition> definitions)
        : this(secrets, definitions, Prefix, LegacyPrefix) { }

    private SourcePasswords(SecretStore secrets, StateMirror<SourceDefinition> definitions, string bound, string? unbound) =>
        (_secrets, _definitions, _prefix, _legacyPrefix) = (secrets, definitions, bound, unbound);

    /// <summary>The passwords of the roles that run restores; version 0.1 had none.</summary>
    public static SourcePasswords ForRestoreRole(SecretStore secrets, StateMirror<SourceDefinition> definitions) =>
        new(secrets, definitions, RestorePrefix, null);

    /// <summary>Whether a password is stored for a source.</summary>
    public async Task<bool> HasAsync(string source, CancellationToken cancellationToken) =>
        (await _secrets.NamesAsync(_prefix, cancellationToken)).Contains(source)
        || (_legacyPrefix is not null && (await _secrets.NamesAsync(_legacyPrefix, cancellationToken)).Contains(source));

    /// <summary>The password that was given for an address; null if none is stored for the source.</summary>
    /// <exception cref="HoldfastException">The stored one was given for another address.</exception>
    public async Task<string?> FindAsync(string source, string address, CancellationToken cancellationToken)
    {
        if (await _secrets.FindAsync(_prefix + source, cancellationToken) is { } text)
        {
            var kept = JsonSerializer.Deserialize<SourcePassword>(text, StateJson.Options)!;
            return kept.Address == address ? kept.Password : throw CreateOtherAddressException(source);
        }

        if (_legacyPrefix is null || await _secrets.FindAsync(_legacyPrefix + source, cancellationToken) is not { } old)
        {
            return null;
        }
        if (_definitions.Find(source)?.Value.Url != address)
        {
            throw CreateOtherAddressException(source);
        }
        await BindAsync(source, address, old, cancellationToken);
        return old;
    }

    /// <summary>Creates the changes that replace a password, for a transaction with other changes.</summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="address">The address to bind it to.</param>
    /// <param name="password">The password; null to keep the stored one, empty for none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<IReadOnlyList<StateChange>> CreateChangesAsync(
        string source,
        string address,
        string? password,
        CancellationToken cancellationToken
    )
    {
        if (password is null)
        {
            return [];
        }
        if (password.Length == 0)
        {
            return CreateRemovals(source);
        }
        var kept = await _secrets.ChangeAsync(
            _prefix + source,
            JsonSerializer.Serialize(new SourcePassword(address, password), StateJson.Options),
            cancellationToken
        );
        return _legacyPrefix is null ? [kept] : [kept, SecretStore.Removal(_legacyPrefix + source)];
    }

    /// <summary>Creates the changes that delete a password, likewise.</summary>
    public IReadOnlyList<StateChange> CreateRemovals(string source) =>
        _legacyPrefix is null
            ? [SecretStore.Removal(_prefix + source)]
            : [SecretStore.Removal(_prefix + source), SecretStore.Removal(_legacyPrefix + source)];

    // Not applied if the definition changes at the same time: that change then determines the password.
    private async Task BindAsync(string source, string address, string password, CancellationToken cancellationToken)
    {
        if (_definitions.Find(source) is not { } item || item.Value.Url != address)
        {
            return;
        }
        var changes = await CreateChangesAsync(source, address, password, cancellationToken);
        await _secrets.CommitAsync(
            new() { Conditions = [new(_definitions.CreateRemoval(source).Key, item.Revision)], Changes = changes },
            cancellationToken
        );
    }

    private static HoldfastException CreateOtherAddressException(string source) =>
        new(
            ErrorCatalog.SourceUnreadable,
            $"The stored password of source '{source}' was given for another address, and is not sent to this one.",
            "Give the password again, or an empty one for none."
        );
}

using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Core.Errors;
using Holdfast.Node.Secrets;
using Holdfast.State;

namespace Holdfast.Node.Destinations.Definitions;

/// <summary>
/// The secrets of destinations. Each is stored together with the address that it was given for, in one transaction with the definition, so
/// that whoever changes the address has to give it again.
/// </summary>
/// <param name="secrets">Stores them encrypted.</param>
public sealed class DestinationSecretStore(SecretStore secrets)
{
    private const string Prefix = "destinations/";

    private sealed record Stored(string Address, Dictionary<string, string> Values);

    /// <summary>Reads a secret; null if none is stored.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="address">The address that it is sent to.</param>
    /// <param name="name">Name of the setting.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.DestinationDenied"/> if it was given for another address.
    /// </exception>
    public async Task<string?> FindAsync(string destination, string? address, string name, CancellationToken cancellationToken)
    {
        if (await ReadAsync(destination, cancellationToken) is not { } stored)
        {
            return null;
        }
        return stored.Address == address
            ? stored.Values.GetValueOrDefault(name)
            : throw new HoldfastException(
                ErrorCatalog.DestinationDenied,
                $"The secrets of destination '{destination}' were given for another address, and are not sent to this one.",
                "Give them again."
            );
    }

    /// <summary>The change that stores the secrets of a definition.</summary>
    /// <param name="edit">The definition and its new secrets.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Conflict"/> if a secret would be kept that was given for another address.
    /// </exception>
    internal async Task<StateChange> CreateChangeAsync(DestinationEdit edit, CancellationToken cancellationToken)
    {
        if (edit.Config.Secrets is not { } kept)
        {
            return CreateRemoval(edit.Config.Name);
        }
        var before = await ReadAsync(edit.Config.Name, cancellationToken);
        if (before is not null && before.Address != kept.Address && !kept.Names.All(edit.GivenSecrets.ContainsKey))
        {
            // The definition was checked against another one, which has been replaced since.
            throw new HoldfastException(
                ErrorCatalog.Conflict,
                $"The secrets of destination '{edit.Config.Name}' have been stored for another address meanwhile.",
                "Read the definition again, and give the secrets for the address that it has."
            );
        }
        var values = kept.Names.ToDictionary(
            n => n,
            n => edit.GivenSecrets.GetValueOrDefault(n) ?? before?.Values.GetValueOrDefault(n) ?? "",
            StringComparer.Ordinal
        );
        var text = JsonSerializer.Serialize(new Stored(kept.Address, values), StateJson.Options);
        return await secrets.ChangeAsync(Prefix + edit.Config.Name, text, cancellationToken);
    }

    /// <summary>The change that removes the secrets of a destination.</summary>
    internal static StateChange CreateRemoval(string destination) => SecretStore.Removal(Prefix + destination);

    /// <summary>A new version of secrets.</summary>
    internal static string CreateVersion() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    private async Task<Stored?> ReadAsync(string destination, CancellationToken cancellationToken) =>
        await secrets.FindAsync(Prefix + destination, cancellationToken) is { } text
            ? JsonSerializer.Deserialize<Stored>(text, StateJson.Options)
            : null;
}

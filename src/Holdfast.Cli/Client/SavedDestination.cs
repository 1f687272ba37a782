using Holdfast.Api;
using Holdfast.Api.Destinations;
using Holdfast.Core.Errors;

namespace Holdfast.Cli.Client;

/// <summary>A destination that was just saved. The server stores a definition also if it cannot be used now.</summary>
internal static class SavedDestination
{
    /// <summary>Tests it, so that a mistake is found before the first backup, and the server learns what the store can do.</summary>
    /// <exception cref="HoldfastException">It is saved, but cannot be used.</exception>
    public static async Task<DestinationTestView> TestAsync(HoldfastClient api, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await api.Destinations.TestAsync(name, cancellationToken);
        }
        catch (ApiException e) when (e.Code?.StartsWith("destination-", StringComparison.Ordinal) == true)
        {
            throw new HoldfastException(
                ErrorCatalog.Find(e.Code),
                $"Destination '{name}' is saved, but cannot be used: {e.Message}",
                e.Hint,
                e
            );
        }
    }
}

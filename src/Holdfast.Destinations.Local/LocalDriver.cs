using Holdfast.Core.Errors;

namespace Holdfast.Destinations.Local;

/// <summary>Creates and opens folders of this machine, including mounted ones.</summary>
public sealed class LocalDriver : ILocalDriver
{
    /// <inheritdoc/>
    public Task<string> InitializeAsync(string root, CancellationToken cancellationToken)
    {
        root = LocalDestination.NormalizeRoot(root);
        try
        {
            if (!Directory.Exists(root))
            {
                LocalDestination.CreateRoot(root);
            }
            return Task.FromResult(Find(root) ?? Write(root, replace: false));
        }
        catch (InvalidDataException)
        {
            return Task.FromResult(Write(root, replace: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, root);
        }
    }

    /// <inheritdoc/>
    public Task<string?> FindIdentityAsync(string root, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult(Find(LocalDestination.NormalizeRoot(root)));
        }
        catch (InvalidDataException e)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationIdentity,
                e.Message,
                "Check the disk. To use this destination as it is, initialize it: holdfast destination "
                    + "initialize NAME, or the button in Studio.",
                e
            );
        }
    }

    /// <inheritdoc/>
    public Task<IDestination> OpenAsync(string root, string? identity, CancellationToken cancellationToken) =>
        Task.FromResult<IDestination>(
            identity is null ? LocalDestination.Open(root, create: false) : LocalDestination.OpenWithIdentity(root, identity)
        );

    private static string? Find(string root) => IdentityFile.Read(root)?.Id;

    private static string Write(string root, bool replace)
    {
        try
        {
            IdentityFile.Write(root, replace);
            return Find(root) ?? throw new IOException($"'{IdentityFile.PathIn(root)}' disappeared right after it was written.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalFailure.Of(e, root);
        }
    }
}

namespace Holdfast.Studio.Hosting;

/// <summary>Addresses that come from outside and lead on: only into this server.</summary>
internal static class LocalAddress
{
    /// <summary>The address, where it is a path of this server; else its first page.</summary>
    public static string OrHome(string? address) =>
        address is ['/', ..]
        && !address.StartsWith("//", StringComparison.Ordinal)
        && !address.Contains('\\', StringComparison.Ordinal)
        && !address.Any(char.IsControl)
            ? address
            : "/";
}

namespace Holdfast.Studio.Hosting;

/// <summary>Addresses that come from outside and lead on: only into this server.</summary>
internal static class LocalUrl
{
    /// <summary>The address, where it is a path of this server; else its first page.</summary>
    public static string OrHomePage(string? address) =>
        address is ['/', ..]
        && !address.StartsWith("//", StringComparison.Ordinal)
        && !address.Contains('\\', StringComparison.Ordinal)
        && !address.Any(char.IsControl)
            ? address
            : "/";
}

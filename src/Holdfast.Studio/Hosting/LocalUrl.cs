namespace Holdfast.Studio.Hosting;

/// <summary>Redirect targets that come from outside: only paths of this server are accepted.</summary>
internal static class LocalUrl
{
    /// <summary>The URL if it is a path of this server; otherwise the home page.</summary>
    public static string OrHomePage(string? address) =>
        address is ['/', ..]
        && !address.StartsWith("//", StringComparison.Ordinal)
        && !address.Contains('\\', StringComparison.Ordinal)
        && !address.Any(char.IsControl)
            ? address
            : "/";
}

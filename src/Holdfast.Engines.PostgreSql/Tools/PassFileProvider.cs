using Holdfast.Engines.PostgreSql.Connections;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Passes the password to PostgreSQL's programs: in a private file, never in arguments or the environment.</summary>
internal static class PassFileProvider
{
    /// <summary>
    /// Returns the path of a file with the source's password, or of the pass file that Holdfast's own connections use.
    /// Null if there is none.
    /// </summary>
    public static async Task<string?> GetPathAsync(
        PostgreSqlSourceConfig config,
        Connector connector,
        PrivateFolder folder,
        CancellationToken cancellationToken
    )
    {
        var password = await connector.GetPasswordAsync(cancellationToken);
        return password is null
            ? config.PassFile ?? (config.UsesEnvironment ? FindUserPassFile() : null)
            : folder.WriteFile(
                "pass",
                $"*:*:*:*:{password.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(":", @"\:", StringComparison.Ordinal)}\n"
            );
    }

    private static string? FindUserPassFile()
    {
        var path = Environment.GetEnvironmentVariable("PGPASSFILE") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pgpass");
        return File.Exists(path) ? path : null;
    }
}

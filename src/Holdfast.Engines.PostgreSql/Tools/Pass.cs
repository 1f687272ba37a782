using Holdfast.Engines.PostgreSql.Connecting;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Hands the password to PostgreSQL's programs: in a file that only they are told of, never in arguments or environment.</summary>
internal static class Pass
{
    /// <summary>
    /// Gives the path of the file: with the source's password, or the one that Holdfast's own connections look into.
    /// Null where there is none.
    /// </summary>
    public static async Task<string?> FileAsync(
        PostgreSqlSourceConfig config,
        Connector connector,
        PrivateFolder folder,
        CancellationToken cancellationToken
    )
    {
        var password = await connector.PasswordAsync(cancellationToken);
        return password is null
            ? config.PassFile ?? (config.UsesEnvironment ? OfUser() : null)
            : folder.Write(
                "pass",
                $"*:*:*:*:{password.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(":", @"\:", StringComparison.Ordinal)}\n"
            );
    }

    private static string? OfUser()
    {
        var path = Environment.GetEnvironmentVariable("PGPASSFILE") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".pgpass");
        return File.Exists(path) ? path : null;
    }
}

using Holdfast.Engines.PostgreSql.Connecting;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>Hands the password to PostgreSQL's programs: in a file that only they are told of, never in arguments or environment.</summary>
internal static class Pass
{
    /// <summary>Gives the path of the file; null where the source has no password.</summary>
    public static async Task<string?> FileAsync(PostgreSqlSourceConfig config, Connector connector, PrivateFolder folder, CancellationToken cancellationToken)
    {
        var password = await connector.PasswordAsync(cancellationToken);
        return password is null ? config.PassFile : folder.Write("pass", $"*:*:*:*:{password.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(":", @"\:", StringComparison.Ordinal)}\n");
    }
}

using System.Globalization;
using Holdfast.Core.Errors;
using Holdfast.Engines.Sources;

namespace Holdfast.Engines.PostgreSql;

/// <summary>
/// A server's connection URL:
/// <c>postgresql://user@host[:port][,host2[:port]][/database][?sslmode=…&amp;sslrootcert=…]</c>. A port after the last
/// host only applies to all hosts. The folder of a Unix socket is written percent-encoded instead of a host, or as
/// <c>?host=/run/postgresql</c>.
/// </summary>
/// <param name="Config">The source configuration.</param>
/// <param name="Database">The database in the path; null if there is none.</param>
public sealed record PostgreSqlUrl(PostgreSqlSourceConfig Config, string? Database)
{
    private const string Example = "Write postgresql://USER@HOST:PORT, for example postgresql://backup@db1,db2:5432.";

    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    private static readonly Dictionary<string, PostgreSqlTls> TlsModes = new(StringComparer.Ordinal)
    {
        ["disable"] = PostgreSqlTls.Disable,
        ["prefer"] = PostgreSqlTls.Prefer,
        ["require"] = PostgreSqlTls.Require,
        ["verify-ca"] = PostgreSqlTls.VerifyCa,
        ["verify-full"] = PostgreSqlTls.VerifyFull,
    };

    /// <summary>Whether <paramref name="text"/> looks like such a URL.</summary>
    public static bool IsPostgreSqlUrl(string text) => Array.Exists(Schemes, s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase));

    /// <summary>Parses a URL.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="source">Name of the source.</param>
    /// <exception cref="HoldfastException">
    /// <see cref="ErrorCatalog.Usage"/>. The message never contains a password.
    /// </exception>
    public static PostgreSqlUrl Parse(string text, string source = SourceConfig.DefaultName)
    {
        var scheme = Array.Find(Schemes, s => text.StartsWith(s, StringComparison.OrdinalIgnoreCase))
            ?? throw InvalidUrl("The URL does not begin with postgresql://.");
        var rest = text[scheme.Length..];
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            throw InvalidUrl("The URL contains a '#'.", "Write it as %23.");
        }
        var (beforeQuery, query) = SplitAt(rest, '?');
        var (authority, path) = SplitAt(beforeQuery, '/');
        // The last '@' is the separator: a password may contain one, and must not be shown as a host in a message.
        var at = authority.LastIndexOf('@');
        var user = at < 0 ? null : authority[..at];
        if (user?.Contains(':', StringComparison.Ordinal) == true)
        {
            throw PasswordInUrl();
        }
        // This may be the rest of a password with a slash in it, so the message does not repeat it.
        if (path?.Contains('@', StringComparison.Ordinal) == true)
        {
            throw InvalidUrl("The URL contains an '@' after its host.", "Write it as %40 in the name of a database.");
        }
        var hosts = Hosts(authority[(at + 1)..]);
        var config = new PostgreSqlSourceConfig
        {
            Name = source,
            Hosts = hosts,
            User = string.IsNullOrEmpty(user) ? Environment.UserName : Decode(user),
        };
        config = (query ?? "")
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .OrderBy(o => o.StartsWith("port=", StringComparison.Ordinal))
            .Aggregate(config, WithOption); // a port applies to all hosts, including those of later options
        if (config.Hosts.Count == 0)
        {
            throw InvalidUrl(
                "The URL contains no host.",
                Example + " A Unix socket is given by its folder: postgresql://USER@/?host=/run/postgresql."
            );
        }
        return new(config, string.IsNullOrEmpty(path) ? null : Decode(path));
    }

    private static PostgreSqlSourceConfig WithOption(PostgreSqlSourceConfig config, string option)
    {
        var (name, encoded) = SplitAt(option, '=');
        if (name is "password" or "pgpassword")
        {
            throw PasswordInUrl();
        }
        var value = Decode(encoded ?? "");
        return name switch
        {
            "sslmode" => config with
            {
                Tls = TlsModes.TryGetValue(value, out var tls)
                    ? tls
                    : throw InvalidUrl($"sslmode '{value}' is unknown.", $"Use one of {string.Join(", ", TlsModes.Keys)}."),
            },
            "sslrootcert" => config with { RootCertificate = value },
            "passfile" => config with { PassFile = value },
            "host" => config with { Hosts = [.. config.Hosts, .. value.Split(',').Select(h => new PostgreSqlHost(h))] },
            "port" => config with { Hosts = [.. config.Hosts.Select(h => h with { Port = Port(value) })] },
            "user" => config with { User = value },
            _ => throw InvalidUrl(
                $"The URL has an unknown option '{name}'.",
                "Supported options are sslmode, sslrootcert, passfile, host, port and user."
            ),
        };
    }

    private static List<PostgreSqlHost> Hosts(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }
        var read = text.Split(',').Select(Host).ToList();
        var last = read[^1].Port;
        var isForAll = read.SkipLast(1).All(h => h.Port is null);
        return [.. read.Select(h => new PostgreSqlHost(h.Name, h.Port ?? (isForAll ? last : null) ?? PostgreSqlHost.DefaultPort))];
    }

    private static (string Name, int? Port) Host(string text)
    {
        string? port;
        string name;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0)
            {
                throw InvalidUrl("A host has no closing bracket.", "Write an IPv6 address as [::1]:5432.");
            }
            name = text[1..end];
            var rest = text[(end + 1)..];
            port =
                rest.StartsWith(':') ? rest[1..]
                : rest.Length == 0 ? null
                : throw InvalidUrl("The closing bracket of a host is followed by something other than a port.");
        }
        else
        {
            (name, port) = SplitAt(text, ':');
            name = Decode(name);
        }

        if (name.Contains(',', StringComparison.Ordinal))
        {
            throw InvalidUrl("The URL has a host with a comma in its name.", Example); // libpq would read it as two hosts
        }
        return name.Length == 0
            ? throw InvalidUrl("The URL has a host without a name.", Example)
            : (name, port is null ? null : Port(port));
    }

    private static int Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65_535
            ? port
            : throw InvalidUrl("The port in the URL is not valid.", "A port is a number from 1 to 65535.");

    private static (string Before, string? After) SplitAt(string text, char at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, null) : (text[..index], text[(index + 1)..]);
    }

    private static string Decode(string text)
    {
        var decoded = Uri.UnescapeDataString(text);
        return decoded.Contains('\0', StringComparison.Ordinal) ? throw InvalidUrl("The URL contains a zero byte.") : decoded;
    }

    private static HoldfastException InvalidUrl(string what, string hint = Example) => new(ErrorCatalog.Usage, what, hint);

    private static HoldfastException PasswordInUrl() =>
        new(
            ErrorCatalog.Usage,
            "The URL contains a password.",
            "Other users could read it in the list of processes: remove it, and use a password file, a .pgpass file or the secret store."
        );
}

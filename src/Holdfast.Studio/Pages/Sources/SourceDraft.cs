using System.Globalization;
using Holdfast.Api.Sources;

namespace Holdfast.Studio.Pages.Sources;

/// <summary>A PostgreSQL source as it is filled in: the parts of its address, one by one.</summary>
public sealed class SourceDraft
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its servers, divided by commas, or the folder of a Unix socket.</summary>
    public string Hosts { get; set; } = "";

    /// <summary>Their port.</summary>
    public int Port { get; set; } = 5432;

    /// <summary>The role that connects.</summary>
    public string User { get; set; } = "holdfast";

    /// <summary>Its password; null to keep the one that the server has.</summary>
    public string? Password { get; set; }

    /// <summary>How the connection is protected, as libpq names it.</summary>
    public string SslMode { get; set; } = "prefer";

    /// <summary>Globs of names that do not count, one on each line.</summary>
    public string Exclude { get; set; } = "";

    /// <summary>Role that restores are run as; empty for <see cref="User"/>.</summary>
    public string RestoreUser { get; set; } = "";

    /// <summary>Its password; null to keep the one that the server has.</summary>
    public string? RestorePassword { get; set; }

    /// <summary>Role that owns what is restored; empty for the default.</summary>
    public string RestoreOwner { get; set; } = "";

    /// <summary>The ways to protect a connection, in words.</summary>
    public static IReadOnlyList<(string Mode, string Words)> SslModes { get; } =
    [
        ("prefer", "Where offered; checks nothing"),
        ("require", "Always; checks nothing"),
        ("verify-ca", "Always; checks the certificate"),
        ("verify-full", "Always; checks certificate and name"),
        ("disable", "Never"),
    ];

    /// <summary>The address that the parts make.</summary>
    public string Url
    {
        get
        {
            var hosts = Hosts.Split([',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            var user = Uri.EscapeDataString(User.Trim());
            var port = Port.ToString(CultureInfo.InvariantCulture);
            return hosts is [['/', ..] socket]
                ? $"postgresql://{user}@/?host={Uri.EscapeDataString(socket)}&port={port}"
                : $"postgresql://{user}@{string.Join(',', hosts.Select(h => h.Contains(':', StringComparison.Ordinal) ? h : $"{h}:{port}"))}{(SslMode == "prefer" ? "" : $"?sslmode={SslMode}")}";
        }
    }

    /// <summary>As the API takes it.</summary>
    public SourceRequest Request =>
        new()
        {
            Engine = "postgresql",
            Url = Url,
            Password = Password,
            Exclude = [.. Exclude.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)],
            Restore = RestoreUser.Trim() is { Length: > 0 } restorer ? new() { User = restorer, Password = RestorePassword } : null,
            RestoreOwner = RestoreOwner.Trim() is { Length: > 0 } owner ? owner : null,
        };

    /// <summary>The draft of one that is there. An address that was written otherwise is taken apart as far as it can be.</summary>
    public static SourceDraft Of(string name, SourceDefinitionView definition)
    {
        var rest = definition.Url[(definition.Url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var (path, query) = Cut(rest, '?');
        var (authority, _) = Cut(path, '/');
        var at = authority.LastIndexOf('@');
        var options = query
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(o => Cut(o, '='))
            .ToDictionary(o => o.Item1, o => Uri.UnescapeDataString(o.Item2), StringComparer.Ordinal);
        var hosts = authority[(at + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries);
        var ports = hosts
            .Select(h => int.TryParse(Cut(h, ':').Item2, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 0)
            .Distinct()
            .ToList();
        var one =
            options.TryGetValue("port", out var text) ? int.Parse(text, CultureInfo.InvariantCulture)
            : ports is [> 0 and var only] ? only
            : 5432;
        return new()
        {
            Name = name,
            Hosts = options.GetValueOrDefault("host")
                ?? string.Join(", ", ports.Count > 1 ? hosts : hosts.Select(h => Uri.UnescapeDataString(Cut(h, ':').Item1))),
            Port = one,
            User = at < 0 ? "" : Uri.UnescapeDataString(authority[..at]),
            SslMode = options.GetValueOrDefault("sslmode") ?? "prefer",
            Exclude = string.Join('\n', definition.Exclude),
            RestoreUser = definition.Restore?.User ?? "",
            RestoreOwner = definition.RestoreOwner ?? "",
        };
    }

    private static (string, string) Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var i ? (text[..i], text[(i + 1)..]) : (text, "");
}

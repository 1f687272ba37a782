using System.Globalization;

namespace Holdfast.Core.Kinds;

/// <summary>Composes a URL from the fields of a form that enter its parts, and takes one apart into these fields.</summary>
public static class FormUrl
{
    private static readonly char[] HostSeparators = [',', ' ', '\n'];

    /// <summary>Composes the URL. An option that is empty or has its default is left out.</summary>
    /// <param name="scheme">The scheme, without <c>://</c>.</param>
    /// <param name="fields">The fields that enter parts of the URL.</param>
    /// <param name="getValue">Returns the value of a field; empty if it is not filled in.</param>
    /// <param name="otherOptions">Options that no field enters, encoded, as <see cref="ReadOtherOptions"/> returns them.</param>
    public static string Compose(
        string scheme,
        IReadOnlyList<FormField> fields,
        Func<FormField, string> getValue,
        IReadOnlyList<string>? otherOptions = null
    )
    {
        var (user, port, path) = (Get(FormUrlPartType.User), Get(FormUrlPartType.Port), Get(FormUrlPartType.Path));
        var hosts = Get(FormUrlPartType.Hosts)
            .Split(HostSeparators, StringSplitOptions.RemoveEmptyEntries)
            .Select(EncodeHost)
            .Select(h => port.Length == 0 || HasPort(h) ? h : $"{h}:{port}");
        var options = fields
            .Where(f => f.UrlPart!.Type == FormUrlPartType.Option)
            .Select(f => (f.UrlPart!.Option, Value: getValue(f).Trim(), f.Default))
            .Where(o => o.Value.Length > 0 && o.Value != o.Default)
            .Select(o => $"{o.Option}={Uri.EscapeDataString(o.Value)}")
            .Concat(otherOptions ?? [])
            .ToList();
        return $"{scheme}://"
            + (user.Length == 0 ? "" : $"{Uri.EscapeDataString(user)}@")
            + string.Join(',', hosts)
            + (path.Length == 0 ? "" : $"/{Uri.EscapeDataString(path)}")
            + (options.Count == 0 ? "" : $"?{string.Join('&', options)}");

        string Get(FormUrlPartType part) => fields.FirstOrDefault(f => f.UrlPart!.Type == part) is { } field ? getValue(field).Trim() : "";
    }

    /// <summary>
    /// Takes a URL apart. A URL that was written in another way is read as far as its parts have fields: hosts, port and user may also
    /// be options of the query.
    /// </summary>
    /// <param name="url">The URL.</param>
    /// <param name="part">The part.</param>
    /// <returns>Its value; null if the URL does not have it.</returns>
    public static string? Read(string url, FormUrlPart part)
    {
        var (authority, path, options) = Split(url);
        var at = authority.LastIndexOf('@');
        var hosts = authority[(at + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries);
        var ports = hosts.Select(FindPort).Distinct(StringComparer.Ordinal).ToList();
        return part.Type switch
        {
            FormUrlPartType.User => at >= 0 ? Uri.UnescapeDataString(authority[..at]) : Option("user"),
            FormUrlPartType.Port => ports is [{ } port] ? port : Option("port"),
            FormUrlPartType.Hosts when hosts.Length == 0 => Option("host"),
            FormUrlPartType.Hosts => string.Join(", ", ports.Count > 1 ? hosts : hosts.Select(h => Uri.UnescapeDataString(WithoutPort(h)))),
            FormUrlPartType.Path => path.Length == 0 ? null : Uri.UnescapeDataString(path),
            _ => Option(part.Option!),
        };

        string? Option(string name) =>
            options.FirstOrDefault(o => NameOf(o) == name) is { } option
                ? Uri.UnescapeDataString(option[Math.Min(name.Length + 1, option.Length)..])
                : null;
    }

    /// <summary>The options of a URL, encoded, that none of the fields enters: they are kept when the URL is composed again.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="fields">The fields that enter parts of the URL.</param>
    public static IReadOnlyList<string> ReadOtherOptions(string url, IReadOnlyList<FormField> fields)
    {
        var read = fields
            .Select(f =>
                f.UrlPart!.Type switch
                {
                    FormUrlPartType.Hosts => "host",
                    FormUrlPartType.Port => "port",
                    FormUrlPartType.User => "user",
                    _ => f.UrlPart.Option,
                }
            )
            .ToHashSet(StringComparer.Ordinal);
        return [.. Split(url).Options.Where(o => !read.Contains(NameOf(o)))];
    }

    private static (string Authority, string Path, string[] Options) Split(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        var (beforeQuery, query) = Cut(scheme < 0 ? url : url[(scheme + 3)..], '?');
        var (authority, path) = Cut(beforeQuery, '/');
        return (authority, path, query.Split('&', StringSplitOptions.RemoveEmptyEntries));
    }

    // The folder of a socket is no host name: its slashes would end the hosts.
    private static string EncodeHost(string host) => host.StartsWith('/') ? Uri.EscapeDataString(host) : host;

    private static bool HasPort(string host) => FindPort(host) is not null;

    private static string? FindPort(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon > host.LastIndexOf(']') && int.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? host[(colon + 1)..]
            : null;
    }

    private static string WithoutPort(string host) => FindPort(host) is { } port ? host[..^(port.Length + 1)] : host;

    private static string NameOf(string option) => Cut(option, '=').Before;

    private static (string Before, string After) Cut(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var i ? (text[..i], text[(i + 1)..]) : (text, "");
}

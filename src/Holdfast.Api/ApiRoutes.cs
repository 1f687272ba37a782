using System.Globalization;
using System.Text;

namespace Holdfast.Api;

/// <summary>
/// The base path of the API, and functions that build paths from route templates. The classes of each resource define
/// the templates, relative to <see cref="BasePath"/>, with variable parts in braces.
/// </summary>
public static class ApiRoutes
{
    /// <summary>The prefix of every path of the API.</summary>
    public const string BasePath = "/api/v1";

    /// <summary>Maximum number of items on a page of a list.</summary>
    public const int MaxPageSize = 1_000;

    /// <summary>
    /// Fills in a route template, in the order of its variable parts. Each value is escaped, including slashes. Returns
    /// the path relative to <see cref="BasePath"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The number of values differs from the number of variable parts.</exception>
    public static string Expand(string template, params ReadOnlySpan<string> values)
    {
        var path = new StringBuilder(template.Length);
        var used = 0;
        var rest = template.AsSpan();
        for (var open = rest.IndexOf('{'); open >= 0; open = rest.IndexOf('{'))
        {
            if (used == values.Length)
            {
                throw new ArgumentException($"'{template}' needs more than {values.Length} values.", nameof(values));
            }
            path.Append(rest[..open]).Append(Escape(values[used++]));
            rest = rest[(rest.IndexOf('}') + 1)..];
        }
        return used == values.Length
            ? path.Append(rest).ToString()
            : throw new ArgumentException($"'{template}' needs {used} values, not {values.Length}.", nameof(values));
    }

    /// <summary>Adds a query to a path. Parameters whose value is null are omitted.</summary>
    public static string WithQuery(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var result = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                result.Append(separator).Append(name).Append('=').Append(Escape(value));
                separator = '&';
            }
        }
        return result.ToString();
    }

    internal static string? Text(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    internal static string? Text(bool? value) =>
        value switch
        {
            true => "true",
            false => "false",
            null => null,
        };

    // An unescaped "." or ".." would change the path. No resource has such a name, so the server refuses the escaped form.
    private static string Escape(string value) =>
        value is "." or ".." ? value.Replace(".", "%2E", StringComparison.Ordinal) : Uri.EscapeDataString(value);
}

using System.Globalization;
using System.Text;

namespace Holdfast.Api;

/// <summary>
/// Where the API is, and how paths are made of the route templates that the classes of each resource have: below
/// <see cref="BasePath"/>, with names in braces for what varies.
/// </summary>
public static class ApiRoutes
{
    /// <summary>What every path of the API begins with.</summary>
    public const string BasePath = "/api/v1";

    /// <summary>The most items that a page of a list can have.</summary>
    public const int MaxPageSize = 1_000;

    /// <summary>
    /// The path below <see cref="BasePath"/> that a route template gives for these values, in their order. Each is
    /// escaped, slashes too.
    /// </summary>
    /// <exception cref="ArgumentException">There are more or fewer values than the template has names.</exception>
    public static string Expand(string template, params ReadOnlySpan<string> values)
    {
        var path = new StringBuilder(template.Length);
        var used = 0;
        var rest = template.AsSpan();
        for (var open = rest.IndexOf('{'); open >= 0; open = rest.IndexOf('{'))
        {
            if (used == values.Length)
            {
                throw new ArgumentException($"'{template}' takes more than {values.Length} values.", nameof(values));
            }
            path.Append(rest[..open]).Append(Escape(values[used++]));
            rest = rest[(rest.IndexOf('}') + 1)..];
        }
        return used == values.Length
            ? path.Append(rest).ToString()
            : throw new ArgumentException($"'{template}' takes {used} values, not {values.Length}.", nameof(values));
    }

    /// <summary>A path with a query; parameters without a value are left out.</summary>
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

    // A segment of dots alone would be taken for a step up; the server has no such names and refuses the escaped one.
    private static string Escape(string value) =>
        value is "." or ".." ? value.Replace(".", "%2E", StringComparison.Ordinal) : Uri.EscapeDataString(value);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Destinations;
using Holdfast.Destinations.Urls;

namespace Holdfast.Cli.Locations;

/// <summary>URLs of destinations on the command line. The kind whose scheme a URL has defines what it means.</summary>
internal static class DestinationUrls
{
    private const string KindKey = "kind";

    /// <summary>The kinds with URLs.</summary>
    public static IReadOnlyList<DestinationFactory> All { get; } = [.. Drivers.CommandDestinations.Where(f => f.Urls is not null)];

    /// <summary>Whether a text is a URL rather than a path: a scheme and <c>://</c>. A path with a colon is none.</summary>
    public static bool IsUrl(string text) =>
        text.IndexOf("://", StringComparison.Ordinal) is > 0 and var end
        && char.IsAsciiLetter(text[0])
        && text[..end].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.');

    /// <summary>The definition of a destination at a URL, without anything that the URL does not say.</summary>
    /// <exception cref="HoldfastException">Unknown scheme, or not valid.</exception>
    public static JsonObject ToDefinition(string url)
    {
        var factory = FactoryOf(url);
        var (settings, path, pathKey) = factory.Urls!.Parse(url);
        var definition = new JsonObject { [KindKey] = factory.Kind };
        foreach (var (name, value) in path.Length == 0 ? settings : settings.Append(new(pathKey, path)))
        {
            definition[name] = value;
        }
        return definition;
    }

    /// <summary>The setting of a kind that a general option of the command line gives.</summary>
    public static DestinationFactory FactoryOf(string url)
    {
        var scheme = url[..url.IndexOf("://", StringComparison.Ordinal)];
        return All.FirstOrDefault(f => f.Urls!.Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase))
            ?? throw new HoldfastException(
                ErrorCatalog.Usage,
                $"'{scheme}://' is not a known kind of destination.",
                $"Write {LocationOptions.UrlExamples}, or a path."
            );
    }

    /// <summary>The root that a URL names.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="settingsFile">File with the settings; null to use the environment.</param>
    /// <exception cref="HoldfastException">The URL or a setting is not valid, or credentials are missing.</exception>
    public static IDestinationRoot BindRoot(string url, string? settingsFile) =>
        Bind(url, settingsFile, (parsed, settings) => settings[parsed.PathKey] = parsed.Path.Length == 0 ? null : parsed.Path).Root;

    /// <summary>The outermost root that contains what a URL names, and the path in it.</summary>
    /// <inheritdoc cref="BindRoot"/>
    public static (IDestinationRoot Root, string Path) BindOutermost(string url, string? settingsFile) =>
        Bind(url, settingsFile, (parsed, settings) => settings.Remove(parsed.PathKey));

    private static (IDestinationRoot Root, string Path) Bind(
        string url,
        string? settingsFile,
        Action<DestinationUrl, Dictionary<string, JsonNode?>> setPath
    )
    {
        var factory = FactoryOf(url);
        var parsed = factory.Urls!.Parse(url);
        var (settings, secrets) = settingsFile is null ? ReadEnvironment(factory) : ReadFile(factory, settingsFile, parsed);
        foreach (var (name, value) in parsed.Settings)
        {
            settings[name] = value;
        }
        setPath(parsed, settings);
        var context = new SettingsContext();
        var document = new JsonObject(
            settings.Where(s => s.Value is not null).Select(s => KeyValuePair.Create(s.Key, s.Value?.DeepClone()))
        );
        var section = new SettingsSection(context, "", JsonSerializer.SerializeToElement(document));
        var root = factory.Bind(section, DestinationSecrets.From(secrets));
        section.ReportUnknownKeys();
        return context.Errors.Count == 0 && root is not null
            ? (root, parsed.Path)
            : throw new HoldfastException(
                ErrorCatalog.Usage,
                $"The settings of '{url}' are not valid: {string.Join(" ", context.Errors.Select(e => $"{e.Field} {e.Message}"))}",
                string.Join(" ", context.Errors.Select(e => e.Hint).Where(h => h.Length > 0).Distinct(StringComparer.Ordinal))
            );
    }

    private static (Dictionary<string, JsonNode?> Settings, Dictionary<string, string> Secrets) ReadEnvironment(DestinationFactory factory)
    {
        var (settings, secrets) = factory.Urls!.ReadEnvironment(Environment.GetEnvironmentVariable);
        return (
            settings.ToDictionary(s => s.Key, s => (JsonNode?)s.Value, StringComparer.Ordinal),
            secrets.ToDictionary(StringComparer.Ordinal)
        );
    }

    private static (Dictionary<string, JsonNode?> Settings, Dictionary<string, string> Secrets) ReadFile(
        DestinationFactory factory,
        string file,
        DestinationUrl url
    )
    {
        var document = JsonInput.ReadPrivate(file, "Settings file");
        var (settings, secrets) = (new Dictionary<string, JsonNode?>(StringComparer.Ordinal), new Dictionary<string, string>());
        var names = factory.Description.Form.Fields.Where(f => f.Type == FormFieldType.Secret).Select(f => f.Name).ToHashSet();
        foreach (var (name, value) in document)
        {
            if (names.Contains(name) && value is JsonValue text && text.TryGetValue(out string? secret))
            {
                secrets[name] = secret;
            }
            else if (name != KindKey)
            {
                settings[name] = value;
            }
            else if (JsonInput.FindText(document, KindKey) != factory.Kind)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"'{file}' has settings of another kind of destination than the URL.",
                    $"Its kind must be {factory.Kind}, or missing."
                );
            }
        }
        foreach (var (name, value) in url.Settings)
        {
            if (JsonInput.FindText(document, name) is { } other && other != value)
            {
                throw new HoldfastException(
                    ErrorCatalog.Usage,
                    $"'{file}' is for {name} '{other}', but the URL names '{value}'.",
                    "The credentials in it may not be meant for another one: correct the URL, or give another file."
                );
            }
        }
        return (settings, secrets);
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Api.Destinations;
using Holdfast.Cli.Client;
using Holdfast.Cli.Commands;
using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Holdfast.Destinations;

namespace Holdfast.Cli.Locations;

/// <summary>
/// The options that define a destination of a server: a folder, a URL with what most stores need, or a file with everything. No secret is
/// given as an argument, which other users of the machine could see.
/// </summary>
internal sealed class DestinationDefinitionOptions
{
    private const string SecretDescription =
        "With --url: a file of mode 0600 with the secret of the access key, - for a line of standard input. Default: the stored one.";

    private readonly Option<string> _folder = new("--path")
    {
        Description = "Folder of a local destination: an absolute path on the server, under one of its localRoots.",
        HelpName = "DIR",
    };

    private readonly Option<string> _url = new("--url")
    {
        Description = $"URL of a destination elsewhere: {LocationOptions.UrlExamples}.",
        HelpName = "URL",
    };

    // Each gives the setting of the same name, if the kind has one.
    private readonly Option<string> _endpoint = new("--endpoint") { Description = "With --url: address of the store.", HelpName = "URL" };
    private readonly Option<string> _region = new("--region") { Description = "With --url: region of the store.", HelpName = "NAME" };
    private readonly Option<bool> _pathStyle = new("--path-style")
    {
        Description = "With --url: the bucket is part of the path rather than of the host name.",
    };
    private readonly Option<string> _accessKey = new("--access-key") { Description = "With --url: id of the access key.", HelpName = "ID" };
    private readonly Option<string> _secretFile = new("--secret-key-file") { Description = SecretDescription, HelpName = "FILE" };
    private readonly Option<bool> _environment = new("--from-environment")
    {
        Description =
            "With --url: send the access key, its secret and the address that the environment variables of this command give "
            + "(docs/destinations.md); the server stores them.",
    };
    private readonly Option<string> _file = JsonInput.CreateOption("Its definition, instead of --path or --url", required: false);

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [_folder, _url, _endpoint, _region, _pathStyle, _accessKey, _secretFile, _environment, _file];

    private IReadOnlyList<Option> OnlyWithUrl => [_endpoint, _region, _pathStyle, _accessKey, _secretFile, _environment];

    /// <summary>Reads the definition.</summary>
    /// <exception cref="HoldfastException">Not exactly one of folder, URL and file, or options that do not fit.</exception>
    public async Task<JsonObject> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_url) is null)
        {
            SharedOptions.RejectOptions(parsed, "without --url", [.. OnlyWithUrl]);
        }
        return (parsed.GetValue(_folder), parsed.GetValue(_url), parsed.GetValue(_file)) switch
        {
            ({ } path, null, null) => ClientJson.ToDocument(new DestinationRequest { Kind = Drivers.FolderKind, Path = path }),
            (null, { } url, null) => ReadUrl(parsed, url),
            (null, null, { } file) => await JsonInput.ReadAsync(file, cancellationToken),
            _ => throw new HoldfastException(
                ErrorCatalog.Usage,
                "Give exactly one of --path, --url and --file.",
                "--path DIR for a local destination, --url URL for one elsewhere, --file FILE for any kind and setting."
            ),
        };
    }

    private JsonObject ReadUrl(ParseResult parsed, string url)
    {
        if (!DestinationUrls.IsUrl(url))
        {
            throw new HoldfastException(ErrorCatalog.Usage, $"'{url}' is not a URL.", $"Write {LocationOptions.UrlExamples}.");
        }
        var definition = DestinationUrls.ToDefinition(url);
        var factory = DestinationUrls.FactoryOf(url);
        if (parsed.GetValue(_environment))
        {
            SharedOptions.RejectOptions(parsed, "with --from-environment", _accessKey, _secretFile);
            var (settings, secrets) = factory.Urls!.ReadEnvironment(Environment.GetEnvironmentVariable);
            foreach (var (name, value) in settings.Concat(secrets))
            {
                definition[name] = value;
            }
        }
        Set(_endpoint, parsed.GetValue(_endpoint));
        Set(_region, parsed.GetValue(_region));
        Set(_accessKey, parsed.GetValue(_accessKey));
        Set(_pathStyle, parsed.GetValue(_pathStyle) ? JsonValue.Create(true) : null);
        if (parsed.GetValue(_secretFile) is { } file)
        {
            var secret = factory.Description.Form.Fields.FirstOrDefault(f => f.Type == FormFieldType.Secret)
                ?? throw HasNoSetting(_secretFile, factory);
            definition[secret.Name] = ServerConnectionOptions.ReadSecret(file, "Secret file");
        }
        return definition;

        void Set(Option option, JsonNode? value)
        {
            var name = ToSetting(option.Name);
            if (value is not null)
            {
                definition[name] = factory.Description.Form.Fields.Any(f => f.Name == name) ? value : throw HasNoSetting(option, factory);
            }
        }
    }

    private static HoldfastException HasNoSetting(Option option, DestinationFactory factory) =>
        new(ErrorCatalog.Usage, $"{option.Name} has no meaning for a destination of kind {factory.Kind}.", "Omit it.");

    // --path-style is pathStyle.
    private static string ToSetting(string option)
    {
        var words = option[2..].Split('-');
        return words[0] + string.Concat(words.Skip(1).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
    }
}

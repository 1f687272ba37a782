using System.Text.Json;
using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Node.Destinations.Definitions;

namespace Holdfast.Node.Destinations;

/// <summary>Creates the roots of destinations from their definitions, with the factory of each kind. Does no I/O.</summary>
/// <param name="factories">One factory per kind.</param>
/// <param name="secrets">The stored secrets.</param>
public sealed class DestinationRoots(IReadOnlyList<DestinationFactory> factories, DestinationSecretStore secrets)
{
    private static readonly Dictionary<string, string> NoSecrets = [];

    /// <summary>The root of a definition; null if the definition is invalid.</summary>
    public IDestinationRoot? Find(DestinationConfig? config) => config is null ? null : Read(config).Root;

    /// <summary>The root of a stored definition, or all errors in its kind and settings.</summary>
    public (IDestinationRoot? Root, IReadOnlyList<ValidationError> Errors) Read(DestinationConfig config) =>
        Read(new DestinationEdit(config, NoSecrets));

    /// <summary>Whether two definitions refer to the same root, regardless of notation.</summary>
    public bool AreSame(DestinationConfig config, DestinationConfig? other) =>
        config == other || (Find(config) is { } root && Find(other) is { } second && root.Contains(second) && second.Contains(root));

    /// <summary>Whether backups at a destination leave the machine.</summary>
    public bool IsRemote(DestinationConfig config) => FindFactory(config)?.Description.Features.IsRemote == true;

    /// <summary>The root of a definition with the secrets that were given with it, or all errors.</summary>
    internal (IDestinationRoot? Root, IReadOnlyList<ValidationError> Errors) Read(DestinationEdit edit)
    {
        var config = edit.Config;
        if (FindFactory(config) is not { } factory)
        {
            var known = string.Join(" or ", factories.Select(f => $"\"{f.Kind}\""));
            return (null, [new("kind", $"'{config.Kind}' is not a known kind of destination.", $"Use {known}.")]);
        }
        var context = new SettingsContext();
        var settings = new SettingsSection(context, "", JsonSerializer.SerializeToElement(config.AllSettings));
        IDestinationRoot? root = null;
        var names = (config.Secrets?.Names ?? []).Concat(edit.GivenSecrets.Keys).ToHashSet(StringComparer.Ordinal);
        root = factory.Bind(settings, new(names, FindSecretAsync));
        settings.ReportUnknownKeys();
        return context.Errors.Count == 0 ? (root, []) : (null, context.Errors);

        async Task<string?> FindSecretAsync(string name, CancellationToken cancellationToken) =>
            edit.GivenSecrets.GetValueOrDefault(name) ?? await secrets.FindAsync(config.Name, root?.SecretAddress, name, cancellationToken);
    }

    /// <summary>
    /// Separates the secrets of a definition from the rest. A secret that is left out stays as it is; an empty one is removed.
    /// </summary>
    /// <param name="config">The definition, as it was sent.</param>
    /// <param name="before">The stored definition; null if there is none.</param>
    internal DestinationEdit Separate(DestinationConfig config, DestinationConfig? before)
    {
        var fields = FindFactory(config)?.Description.Form.Fields.Where(f => f.Type == FormFieldType.Secret).Select(f => f.Name).ToList();
        if (fields is null or [])
        {
            return new(config with { Secrets = null }, NoSecrets);
        }
        var settings = (config.Settings ?? []).ToDictionary(StringComparer.Ordinal);
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new SortedSet<string>(before?.Kind == config.Kind ? before.Secrets?.Names ?? [] : [], StringComparer.Ordinal);
        foreach (var field in fields)
        {
            settings.Remove(MarkerOf(field));
            if (!settings.Remove(field, out var value))
            {
                continue;
            }
            names.Remove(field);
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } secret)
            {
                given[field] = secret;
                names.Add(field);
            }
        }
        var separated = config with { Settings = settings.Count == 0 ? null : settings, Secrets = null };
        if (names.Count == 0)
        {
            return new(separated, NoSecrets);
        }
        var isKept = given.Count == 0 && before?.Secrets is { } stored && stored.Names.SequenceEqual(names);
        var draft = new DestinationEdit(separated with { Secrets = new([.. names], "", "") }, given);
        var address = Read(draft).Root?.SecretAddress ?? "";
        return new(
            separated with
            {
                Secrets =
                    isKept && before!.Secrets!.Address == address
                        ? before.Secrets
                        : new([.. names], address, DestinationSecretStore.CreateVersion()),
            },
            given
        );
    }

    /// <summary>The setting that says that a secret is stored: <c>hasSecretKey</c> for <c>secretKey</c>.</summary>
    internal static string MarkerOf(string secret) => $"has{char.ToUpperInvariant(secret[0])}{secret[1..]}";

    /// <summary>The secrets that would be sent to another address than they were given for.</summary>
    internal static IEnumerable<ValidationError> FindMisdirected(DestinationEdit edit, DestinationConfig? before) =>
        edit.Config.Secrets is { } now && before?.Secrets is { } stored && now.Address != stored.Address
            ? now
                .Names.Where(n => !edit.GivenSecrets.ContainsKey(n))
                .Select(n => new ValidationError(
                    n,
                    "The address has changed, and the stored secret was given for the old one.",
                    "Give the secret again."
                ))
            : [];

    private DestinationFactory? FindFactory(DestinationConfig config) => factories.FirstOrDefault(f => f.Kind == config.Kind);
}

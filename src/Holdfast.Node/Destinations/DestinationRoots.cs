using System.Text.Json;
using Holdfast.Core.Settings;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>Creates the roots of destinations from their definitions, with the factory of each kind. Does no I/O.</summary>
/// <param name="factories">One factory per kind.</param>
public sealed class DestinationRoots(IReadOnlyList<DestinationFactory> factories)
{
    /// <summary>The root of a definition; null if the definition is invalid.</summary>
    public IDestinationRoot? Find(DestinationConfig? config) => config is null ? null : Read(config).Root;

    /// <summary>The root of a definition, or all errors in its kind and settings.</summary>
    public (IDestinationRoot? Root, IReadOnlyList<ValidationError> Errors) Read(DestinationConfig config)
    {
        if (factories.FirstOrDefault(f => f.Kind == config.Kind) is not { } factory)
        {
            var known = string.Join(" or ", factories.Select(f => $"\"{f.Kind}\""));
            return (null, [new("kind", $"'{config.Kind}' is not a known kind of destination.", $"Use {known}.")]);
        }
        var context = new SettingsContext();
        var settings = new SettingsSection(context, "", JsonSerializer.SerializeToElement(config.AllSettings));
        var root = factory.Bind(settings);
        settings.ReportUnknownKeys();
        return context.Errors.Count == 0 ? (root, []) : (null, context.Errors);
    }

    /// <summary>Whether two definitions refer to the same root, regardless of notation.</summary>
    public bool AreSame(DestinationConfig config, DestinationConfig? other) =>
        config == other || (Find(config) is { } root && Find(other) is { } second && root.Contains(second) && second.Contains(root));
}

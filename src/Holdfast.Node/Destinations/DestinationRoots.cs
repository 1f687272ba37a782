using System.Text.Json;
using Holdfast.Core.Settings;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;

namespace Holdfast.Node.Destinations;

/// <summary>Makes the roots of destinations from their definitions, each by the factory of its kind. Does no I/O.</summary>
/// <param name="factories">One for each kind.</param>
public sealed class DestinationRoots(IReadOnlyList<DestinationFactory> factories)
{
    /// <summary>The root that a definition names; null where it cannot be used.</summary>
    public IDestinationRoot? Find(DestinationConfig? config) => config is null ? null : Read(config).Root;

    /// <summary>The root that a definition names, or everything that is wrong with its kind and settings.</summary>
    public (IDestinationRoot? Root, IReadOnlyList<ValidationError> Faults) Read(DestinationConfig config)
    {
        if (factories.FirstOrDefault(f => f.Kind == config.Kind) is not { } factory)
        {
            var known = string.Join(" or ", factories.Select(f => $"\"{f.Kind}\""));
            return (null, [new("kind", $"'{config.Kind}' is not a kind of destination.", $"Use {known}.")]);
        }
        var context = new SettingsContext();
        var settings = new SettingsSection(context, "", JsonSerializer.SerializeToElement(config.AllSettings));
        var root = factory.Bind(settings);
        settings.ReportUnknownKeys();
        return context.Faults.Count == 0 ? (root, []) : (null, context.Faults);
    }

    /// <summary>Whether two definitions name the same root, however it is written.</summary>
    public bool AreSame(DestinationConfig config, DestinationConfig? other) =>
        config == other || (Find(config) is { } root && Find(other) is { } second && root.Contains(second) && second.Contains(root));
}

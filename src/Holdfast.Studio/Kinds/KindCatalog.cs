using Holdfast.Api;
using Holdfast.Api.Destinations;
using Holdfast.Api.Kinds;
using Holdfast.Core.Kinds;

namespace Holdfast.Studio.Kinds;

/// <summary>The kinds of engines and destinations that the server has. They are loaded once per visit: they never change.</summary>
public sealed class KindCatalog(HoldfastClient api)
{
    private KindsView? _kinds;

    /// <summary>All kinds of engines; empty until <see cref="LoadAsync"/> has returned.</summary>
    public IReadOnlyList<EngineKind> Engines => _kinds?.Engines ?? [];

    /// <summary>All kinds of destinations; empty until <see cref="LoadAsync"/> has returned.</summary>
    public IReadOnlyList<DestinationKind> Destinations => _kinds?.Destinations ?? [];

    /// <summary>Loads the kinds, unless they are loaded.</summary>
    /// <exception cref="ApiException">The server refused it.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken = default) => _kinds ??= await api.Kinds.GetAsync(cancellationToken);

    /// <summary>Finds a kind of engine; null if the server does not have it.</summary>
    public EngineKind? FindEngine(string? kind) => Engines.FirstOrDefault(e => e.Kind == kind);

    /// <summary>Finds a kind of destination; null if the server does not have it.</summary>
    public DestinationKind? FindDestination(string? kind) => Destinations.FirstOrDefault(d => d.Kind == kind);

    /// <summary>Display name of an engine.</summary>
    public string GetEngineLabel(string kind) => FindEngine(kind)?.Label ?? kind;

    /// <summary>Display name of a kind of destination.</summary>
    public string GetDestinationLabel(string kind) => FindDestination(kind)?.Label ?? kind;

    /// <summary>Where a destination is, such as its folder; empty if its kind is unknown.</summary>
    public string GetLocation(DestinationView destination)
    {
        if (FindDestination(destination.Kind) is not { } kind)
        {
            return destination.Path ?? "";
        }
        var values = KindFormValues.From(kind.Form, ClientJson.ToDocument(destination));
        return string.Join('/', kind.Form.Fields.Where(f => f.IsLocation).Select(f => values[f]).Where(v => v.Length > 0));
    }
}

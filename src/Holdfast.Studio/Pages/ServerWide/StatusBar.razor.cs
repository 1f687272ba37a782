using Holdfast.Api.Databases;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.ServerWide;

/// <summary>How the databases of a template stand: a bar, and the same in numbers that lead to them.</summary>
public sealed partial class StatusBar
{
    [Parameter, EditorRequired]
    public TemplateCounts Counts { get; set; } = default!;

    [Parameter, EditorRequired]
    public string Template { get; set; } = "";

    private IEnumerable<(int Count, string Word, string Tone, string Link)> Parts()
    {
        var all = $"/?template={Uri.EscapeDataString(Template)}";
        foreach (var state in DatabaseStates.All)
        {
            var look = StateAppearance.OfDatabase(state);
            yield return (Counts.States.GetValueOrDefault(state), look.Label.ToLowerInvariant(), look.Tone, $"{all}&state={state}");
        }
    }
}

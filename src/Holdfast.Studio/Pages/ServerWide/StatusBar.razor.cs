using Holdfast.Api.Databases;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.ServerWide;

/// <summary>States of the databases of a server-wide task: a bar, and the numbers as links to the databases.</summary>
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
            var appearance = StateAppearance.OfDatabase(state);
            yield return (
                Counts.States.GetValueOrDefault(state),
                appearance.Label.ToLowerInvariant(),
                appearance.Tone,
                $"{all}&state={state}"
            );
        }
    }
}

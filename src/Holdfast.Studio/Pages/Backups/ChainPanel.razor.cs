using Holdfast.Studio.Chains;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>One chain: what it is and where it lies; its points when it is opened.</summary>
public sealed partial class ChainPanel
{
    [Parameter, EditorRequired]
    public ChainSummary Chain { get; set; } = default!;

    [Parameter, EditorRequired]
    public string Database { get; set; } = "";

    [Parameter, EditorRequired]
    public bool IsOpen { get; set; }

    [Parameter, EditorRequired]
    public EventCallback Toggled { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task<bool> VerifyAsync() =>
        ExecuteAsync(
            async () =>
            {
                foreach (var holding in Chain.Copies)
                {
                    await Api.Backups.VerifyAsync(new() { From = holding.From });
                }
            },
            "It is being verified: Operations shows how far it is, and this page what was found."
        );
}

using Holdfast.Studio.Chains;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Backups;

/// <summary>A chain: its copies, and, when it is open, its restore points.</summary>
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

    private string Summary =>
        $"UTC · {BackupFormatter.Type(Chain.Type)} · {Plural.Of(Chain.Points.Count, "restore point")} · {DisplayFormat.Bytes(Chain.Bytes)}";

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task<bool> VerifyAsync() =>
        ExecuteAsync(
            async () =>
            {
                foreach (var copy in Chain.Copies)
                {
                    await Api.Backups.VerifyAsync(new() { From = copy.From });
                }
            },
            "Verification started. Operations shows its progress, this page its result."
        );
}

using Holdfast.Core.Operations;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Components.Operations;

/// <summary>Buttons to abort or delay an operation that has not ended, for users whose role permits it.</summary>
public sealed partial class OperationButtons
{
    [Parameter, EditorRequired]
    public Operation Operation { get; set; } = default!;

    protected override bool IsAffectedBy(UpdateBatch batch) => false;

    protected override Task LoadAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task AbortAsync()
    {
        var (will, willNot) = OperationFormatter.AbortWarning(Operation);
        if (await ConfirmAsync($"Abort the {OperationFormatter.ActionName(Operation).ToLowerInvariant()}?", will, willNot, "Abort"))
        {
            await ExecuteAsync(() => Api.Operations.AbortAsync(Operation.Id), "The operation is being aborted.");
        }
    }

    private async Task DelayAsync()
    {
        var dialog = await Dialogs.ShowAsync<DelayDialog>("Delay the backup");
        if (await dialog.Result is { Canceled: false, Data: int minutes })
        {
            await ExecuteAsync(
                () => Api.Operations.DelayAsync(Operation.Id, new(minutes)),
                $"The backup is being stopped and starts again in {DisplayFormat.Span(TimeSpan.FromMinutes(minutes))}."
            );
        }
    }
}

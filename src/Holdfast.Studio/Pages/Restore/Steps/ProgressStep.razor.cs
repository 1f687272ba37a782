using Holdfast.Core.Operations;
using Holdfast.Studio.Formatting;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Restore.Steps;

/// <summary>Progress and result of the restore.</summary>
public sealed partial class ProgressStep
{
    private Operation? _operation;
    private string? _notifiedId;

    private bool IsRestored => _operation?.State is OperationState.Completed or OperationState.CompletedWithErrors;

    private string Amount(Operation operation) =>
        $"{DisplayFormat.Bytes(operation.Result!.DatabaseBytes)} in "
        + $"{DisplayFormat.Span(OperationFormatter.Duration(operation, Clock.Now) ?? TimeSpan.Zero)}";

    [Parameter, EditorRequired]
    public string Id { get; set; } = "";

    [Parameter, EditorRequired]
    public RestoreAddress Address { get; set; } = default!;

    /// <summary>Invoked once when the restore has succeeded.</summary>
    [Parameter, EditorRequired]
    public EventCallback Succeeded { get; set; }

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("reload") || batch.Operations.Any(o => o.Id == Id);

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        _operation = await Api.Operations.FindAsync(Id, cancellationToken);
        if (!IsRestored || _notifiedId == Id)
        {
            return;
        }
        _notifiedId = Id; // only once: the callback renders this component again
        await Succeeded.InvokeAsync();
    }
}

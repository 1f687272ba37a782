using Holdfast.Core.Operations;
using Holdfast.Studio.Live;
using Microsoft.AspNetCore.Components;

namespace Holdfast.Studio.Pages.Operations;

public sealed partial class OperationPage
{
    private Operation? _operation;
    private IReadOnlyList<string> _log = [];

    [Parameter]
    public string Id { get; set; } = "";

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        var found = await Api.Operations.FindAsync(Id, cancellationToken);
        _log = found is null ? [] : await Api.Operations.GetLogAsync(Id, cancellationToken);
        _operation = found;
    }

    protected override bool IsAffectedBy(UpdateBatch batch) => batch.Changed.Contains("reload") || batch.Operations.Any(o => o.Id == Id);
}

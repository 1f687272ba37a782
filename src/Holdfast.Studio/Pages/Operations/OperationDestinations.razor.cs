using Holdfast.Core.Operations;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Operations;

public sealed partial class OperationDestinations
{
    [Parameter, EditorRequired]
    public Operation Operation { get; set; } = default!;

    private IEnumerable<string> Names =>
        Operation.Progress.StoredBytes.Keys.Union(Operation.Result?.Destinations.Keys ?? []).Order(StringComparer.Ordinal);

    private string SuccessLabel(OperationResult result) =>
        Operation.Kind switch
        {
            OperationKind.Verify => "Intact",
            OperationKind.Repair => "Complete",
            OperationKind.Restore or OperationKind.RebuildCatalog => "Read from here",
            _ => result.Unchanged ? "Unchanged" : "Stored",
        };

    private string? Problem(string name) => Operation.Result?.Destinations.GetValueOrDefault(name);

    private StateAppearance AppearanceOf(string name) =>
        !Operation.HasEnded
            ? Operation.Progress.Outputs.TryGetValue(name, out var output)
                ? StateAppearance.OfOutput(output)
                : StateAppearance.OfOperation(Operation.State)
            : Operation.Result is null
                ? new(
                    Operation.Kind switch
                    {
                        OperationKind.Restore => "Nothing restored",
                        OperationKind.RebuildCatalog => "Not read completely",
                        _ => "Nothing stored",
                    },
                    "quiet",
                    Icons.Material.Filled.RemoveCircleOutline
                )
                : Operation.Result.WaitingDestinations?.Contains(name) == true
                    ? new("Waiting for its upload window", "quiet", Icons.Material.Filled.HourglassEmpty)
                    : Problem(name) is null
                        ? new(SuccessLabel(Operation.Result), "good", Icons.Material.Filled.CheckCircle)
                        : new(FailureLabel, "bad", Icons.Material.Filled.Error);

    private string FailureLabel =>
        Operation.Kind switch
        {
            OperationKind.Verify => "Damaged or unreadable",
            OperationKind.Repair => "Incomplete",
            _ => "Failed",
        };
}

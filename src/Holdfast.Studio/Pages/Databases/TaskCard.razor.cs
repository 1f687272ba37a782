using Holdfast.Api.Tasks;
using Holdfast.Core.Operations;
using Holdfast.Studio.Formatting;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>A task of a database, server-wide or regular.</summary>
public sealed partial class TaskCard
{
    [Parameter, EditorRequired]
    public TaskView Task { get; set; } = default!;

    [Parameter]
    public Operation? Running { get; set; }

    [Parameter]
    public bool IsOpen { get; set; }

    [Parameter]
    public bool CanRun { get; set; }

    [Parameter]
    public EventCallback OnToggle { get; set; }

    [Parameter]
    public EventCallback OnFull { get; set; }

    [Parameter]
    public EventCallback OnIncremental { get; set; }

    /// <summary>Raised with whether all chains are copied.</summary>
    [Parameter]
    public EventCallback<bool> OnRepair { get; set; }

    [Parameter]
    public EventCallback OnAbort { get; set; }

    [Parameter]
    public EventCallback<int> OnDelay { get; set; }

    [Parameter]
    public EventCallback OnRetention { get; set; }

    [Parameter]
    public EventCallback OnDelete { get; set; }

    private StateAppearance Appearance =>
        Task.Definition.Disabled ? new("Disabled", "quiet", Icons.Material.Filled.PauseCircle)
        : Task.RunningOperation is not null ? StateAppearance.OfOperation(OperationState.Running)
        : StateAppearance.OfDatabase(Task.State.ToString());
}

using Holdfast.Api.Databases;
using Holdfast.Api.Tasks;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Live;
using Holdfast.Studio.Pages.Tasks;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Holdfast.Studio.Pages.Databases;

public sealed partial class OngoingTasksPage
{
    private readonly HashSet<string> _open = [];
    private readonly Dictionary<string, Operation> _running = [];
    private DatabaseView? _database;
    private IReadOnlyList<TaskView> _tasks = [];

    [Parameter]
    public string Id { get; set; } = "";

    /// <summary>Ids of the tasks whose details are open, separated by commas.</summary>
    [SupplyParameterFromQuery]
    private string? Open { get; set; }

    protected override async Task LoadAsync(CancellationToken cancellationToken)
    {
        Id = Uri.UnescapeDataString(Id);
        _open.UnionWith(Open?.Split(',') ?? []);
        _database = await Api.Databases.GetAsync(Id, cancellationToken);
        _tasks = await Api.Tasks.ListAsync(Id, cancellationToken);
        foreach (var id in _tasks.Select(t => t.RunningOperation).OfType<string>().Where(id => !_running.ContainsKey(id)))
        {
            _running[id] = await Api.Operations.GetAsync(id, cancellationToken);
        }
    }

    protected override bool ApplyUpdate(UpdateBatch batch)
    {
        var own = batch.Operations.Where(o => o.Database?.ToString() == Id).ToList();
        foreach (var operation in own)
        {
            _running[operation.Id] = operation;
        }
        return own.Count > 0;
    }

    private void Toggle(string id)
    {
        if (!_open.Remove(id))
        {
            _open.Add(id);
        }
        Navigation.NavigateTo(
            Navigation.GetUriWithQueryParameter("open", _open.Count == 0 ? null : string.Join(',', _open)),
            replace: true
        );
    }

    private async Task RunAsync(TaskView task, BackupKind kind) =>
        await ExecuteAsync(() => Api.Backups.StartAsync(Id, task.Id, new() { Kind = kind }), $"{kind} backup of {Id} started.");

    private async Task RepairAsync(TaskView task, bool allChains) =>
        await ExecuteAsync(
            () => Api.Tasks.RepairAsync(Id, task.Id, new() { AllChains = allChains }),
            $"Repair of the backups of {Id} started. See Operations."
        );

    private async Task AbortAsync(TaskView task) =>
        await ExecuteAsync(
            () => Api.Operations.AbortAsync(task.RunningOperation!),
            "The backup is being aborted. Its partial archives are removed."
        );

    private async Task DelayAsync(TaskView task, int minutes) =>
        await ExecuteAsync(
            () => Api.Operations.DelayAsync(task.RunningOperation!, new(minutes)),
            $"The backup is being stopped and starts again in {minutes} minutes."
        );

    private async Task DeleteAsync(TaskView task)
    {
        if (
            await ConfirmAsync(
                $"Delete {task.Name}?",
                "The task is deleted and makes no more backups.",
                "Its existing backups are kept and can be restored.",
                "Delete"
            )
        )
        {
            await ExecuteAsync(() => Api.Tasks.DeleteAsync(Id, task.Id), $"{task.Name} deleted. Its backups are kept.");
        }
    }

    private async Task RetentionAsync(TaskView task) =>
        await Dialogs.ShowAsync<RetentionDialog>(
            $"Retention of {task.Name}",
            new DialogParameters<RetentionDialog> { { d => d.Database, Id }, { d => d.TaskId, task.Id } }
        );

    private async Task StartOneTimeBackupAsync()
    {
        var dialog = await Dialogs.ShowAsync<OneTimeBackupDialog>(
            "One-time backup",
            new DialogParameters<OneTimeBackupDialog> { { d => d.Id, Id } }
        );
        await dialog.Result;
        await ReloadAsync();
    }
}

using Holdfast.Api;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Tasks;

namespace Holdfast.Studio.Pages.ServerWide;

public sealed partial class ServerWidePage
{
    private IReadOnlyList<TemplateView> _tasks = [];

    protected override async Task LoadAsync(CancellationToken cancellationToken) =>
        _tasks = await Api.ServerWideBackups.ListAsync(cancellationToken);

    private async Task RunAsync(string name, BackupKind kind) =>
        await ExecuteAsync(
            () => Api.ServerWideBackups.StartAsync(name, new() { Kind = kind }),
            $"{kind} backups of all databases of {name} started. Follow them on the page Runs."
        );

    private async Task ToggleAsync(TemplateView task)
    {
        if (
            !task.Definition.Disabled
            && !await ConfirmAsync(
                $"Disable {task.Name}?",
                "The task makes no backups until you enable it again. Scheduled times that pass in the meantime do not count as missed.",
                "Its existing backups are kept and can be restored.",
                "Disable"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => SetDisabledAsync(task.Name, !task.Definition.Disabled));
    }

    // The page may be older than the last edit by somebody else, which must not be undone.
    private async Task SetDisabledAsync(string name, bool disabled)
    {
        var (current, etag, _) = await Api.ServerWideBackups.GetAsync(name);
        await Api.ServerWideBackups.PutAsync(name, current.Definition with { Disabled = disabled }, EditCondition.Unchanged(etag));
    }

    private async Task DeleteAsync(TemplateView task)
    {
        var will = $"The task is deleted for all databases. {task.Name} makes no more backups.";
        if (
            await ConfirmAsync(
                $"Delete {task.Name}?",
                will,
                "All its backups are kept and can be restored. Retention no longer deletes any of them.",
                "Delete"
            )
        )
        {
            await ExecuteAsync(() => Api.ServerWideBackups.DeleteAsync(task.Name), $"{task.Name} deleted. Its backups are kept.");
        }
    }
}

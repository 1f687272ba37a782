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
            $"{kind} backups of all databases of {name} have begun: see Runs."
        );

    private async Task ToggleAsync(TemplateView task)
    {
        if (
            !task.Definition.Disabled
            && !await ConfirmAsync(
                $"Switch {task.Name} off?",
                "Its databases are not backed up by it until it is switched on again. Slots that pass meanwhile do not count as missed.",
                "Backups that lie at the destinations stay, and can be restored.",
                "Switch off"
            )
        )
        {
            return;
        }
        await ExecuteAsync(() => Api.ServerWideBackups.PutAsync(task.Name, task.Definition with { Disabled = !task.Definition.Disabled }));
    }

    private async Task DeleteAsync(TemplateView task)
    {
        var will = $"Its task of each database goes with it, and no backup of {task.Name} is made any more.";
        if (
            await ConfirmAsync(
                $"Delete {task.Name}?",
                will,
                "All its backups stay where they are, and can be restored. Retention no longer deletes any of them.",
                "Delete"
            )
        )
        {
            await ExecuteAsync(() => Api.ServerWideBackups.DeleteAsync(task.Name), $"{task.Name} is deleted. Its backups stay.");
        }
    }
}

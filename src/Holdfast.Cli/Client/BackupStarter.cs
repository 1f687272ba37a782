using Holdfast.Api;
using Holdfast.Api.Backups;
using Holdfast.Api.Tasks;
using Holdfast.Cli.Commands.Tasks;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;

namespace Holdfast.Cli.Client;

/// <summary>Starts backups on a server. Each method returns the ids of the operations.</summary>
internal sealed class BackupStarter(HoldfastClient api)
{
    /// <summary>Starts a backup of every database of a server-wide task.</summary>
    public async Task<IReadOnlyList<string>> StartForTemplateAsync(string template, BackupKind kind, CancellationToken cancellationToken) =>
        (await api.ServerWideBackups.StartAsync(template, new() { Kind = kind }, cancellationToken)).OperationIds;

    /// <summary>
    /// Starts backups of databases by their enabled tasks, or by the named one. All tasks are found before the first
    /// backup is started.
    /// </summary>
    public async Task<IReadOnlyList<string>> StartForDatabasesAsync(
        IReadOnlyList<string> databases,
        string? task,
        BackupKind kind,
        CancellationToken cancellationToken
    )
    {
        var tasks = new List<TaskView>();
        foreach (var id in databases.Distinct(StringComparer.Ordinal))
        {
            tasks.AddRange(await FindTasksAsync(id, task, cancellationToken));
        }
        var request = new BackupRequest { Kind = kind };
        var ids = new List<string>();
        foreach (var found in tasks)
        {
            ids.Add((await api.Backups.StartAsync(found.Database, found.Id, request, cancellationToken)).OperationId);
        }
        return [.. ids.Distinct(StringComparer.Ordinal)]; // a task that has a backup queued or running answers with that one
    }

    /// <summary>Starts one-time backups of databases, without a task.</summary>
    public async Task<IReadOnlyList<string>> StartOneTimeAsync(
        IReadOnlyList<string> databases,
        OneTimeBackupRequest request,
        CancellationToken cancellationToken
    )
    {
        var ids = new List<string>();
        foreach (var id in databases.Distinct(StringComparer.Ordinal))
        {
            ids.Add((await api.Backups.StartOneTimeAsync(id, request, cancellationToken)).OperationId);
        }
        return [.. ids.Distinct(StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<TaskView>> FindTasksAsync(string database, string? task, CancellationToken cancellationToken)
    {
        if (task is not null)
        {
            return [await TaskCommand.FindAsync(api, database, task, cancellationToken)];
        }
        var enabled = (await api.Tasks.ListAsync(database, cancellationToken))
            .Where(t => t.Definition is { Disabled: false, Destinations.Count: > 0 })
            .ToList();
        return enabled.Count > 0
            ? enabled
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"No enabled task covers '{database}'.",
                "--to DESTINATION makes a one-time backup; holdfast server-wide put defines a task for all databases."
            );
    }
}

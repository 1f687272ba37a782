using Holdfast.Archive.Items;
using Holdfast.Core.Tasks;
using Holdfast.Engines.PostgreSql.Tests.Servers;
using Holdfast.Engines.Restores;

namespace Holdfast.Engines.PostgreSql.Tests.Restore.Deferred;

/// <summary>A test with a database <c>shop</c> whose functions fail in a restore to <c>copy</c>.</summary>
public abstract class DeferredTest(Cluster cluster, string functions) : ServerTest(cluster)
{
    protected async Task MakeAsync(string sql)
    {
        await Cluster.CreateAsync("shop");
        await Cluster.RunAsync("shop", functions + sql, Cluster.User);
    }

    /// <summary>The server as a source with a dedicated restore role.</summary>
    protected PostgreSqlSourceConfig Apart() =>
        Cluster.Source() with
        {
            Restore = new() { User = Cluster.Restorer, Password = _ => new(Cluster.Password) },
        };

    /// <summary>Restores the backup.</summary>
    /// <returns>The warnings.</returns>
    protected static async Task<IReadOnlyList<string>> RestoreAsync(
        PostgreSqlSourceConfig config,
        IItemSource items,
        IReadOnlyDictionary<string, string> fingerprint,
        bool continues = true
    )
    {
        await using var source = Attach(config);
        var request = new RestoreRequest("copy", BackupType.Backup, null, fingerprint, 1) { ContinueOnError = continues };
        await using var target = await source.BeginRestoreAsync(request, Token);
        await target.LoadAsync(items, Token);
        await target.CommitAsync(Token);
        return target.Warnings;
    }
}

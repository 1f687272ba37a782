using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Holdfast.Archive.Age;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints;

namespace Holdfast.Cli.Client;

/// <summary>
/// Makes what a server has as a file says: compares first, and changes only what differs, and only if nobody else did
/// meanwhile. Deletes nothing.
/// </summary>
/// <param name="api">The server.</param>
/// <param name="dryRun">Whether nothing is changed, only told.</param>
internal sealed class Applier(ApiClient api, bool dryRun)
{
    // A server that is newer may have fields that are not known here.
    private static readonly JsonSerializerOptions Tolerant = new(ApiJson.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    /// <summary>Does one item after the other; one that fails does not stop the others.</summary>
    public async IAsyncEnumerable<AppliedView> RunAsync(
        ApplyFile file,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var item in file.Destinations.Concat(file.ServerWide).Concat(file.Tasks))
        {
            yield return await OneAsync(item, cancellationToken);
        }
    }

    private async Task<AppliedView> OneAsync(ApplyItem item, CancellationToken cancellationToken)
    {
        try
        {
            var (present, tag) = await FindAsync(item, cancellationToken);
            if (present is not null && IsSame(item, present))
            {
                return View("unchanged", null);
            }
            var made = dryRun ? null : (await SaveAsync(item, present, tag, cancellationToken)).Body?["generatedKey"]?.DeepClone();
            return View(present is null ? "created" : "changed", made);
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalogue.SignInNeeded && e.Error != ErrorCatalogue.ServerUnreachable)
        {
            return View("failed", null, ErrorView.Of(e));
        }

        AppliedView View(string result, JsonNode? key, ErrorView? error = null) =>
            new(item.Kind, item.Name, item.Database, result, key, error);
    }

    private async Task<(JsonNode? Present, string? Tag)> FindAsync(ApplyItem item, CancellationToken cancellationToken)
    {
        if (item.Kind == ApplyItem.Task)
        {
            // The list has no revisions; the task itself has.
            var listed = await TaskCommand.FindOrNullAsync(api, item.Database!, item.Name, cancellationToken);
            if (listed is null)
            {
                return (null, null);
            }
            var task = await api.SendAsync(
                HttpMethod.Get,
                $"{TaskCommand.Path(item.Database!)}/{listed.Text("id")}",
                null,
                cancellationToken
            );
            return (task.Body, task.Tag);
        }

        var answer = await api.FindAsync(Path(item), cancellationToken);
        if (answer is null && item.Read is TaskDefinition { Name: { } renamed })
        {
            answer = await api.FindAsync(Path(item with { Name = renamed }), cancellationToken); // renamed by an earlier run
        }
        return (answer?.Body, answer?.Tag);
    }

    private Task<ApiAnswer> SaveAsync(ApplyItem item, JsonNode? present, string? tag, CancellationToken cancellationToken) =>
        item.Kind == ApplyItem.Task
            ? TaskCommand.SaveAsync(api, item.Database!, present, item.Body, tag, cancellationToken)
            : api.SendAsync(
                HttpMethod.Put,
                Path(item with { Name = present?.Find("name") ?? item.Name }),
                item.Body,
                cancellationToken,
                tag,
                ifNew: present is null
            );

    private static string Path(ApplyItem item) =>
        $"{(item.Kind == ApplyItem.Destination ? "destinations" : "server-wide-backups")}/{ApiClient.Part(item.Name)}";

    private static bool IsSame(ApplyItem item, JsonNode present)
    {
        if (item.Read is not TaskDefinition wanted)
        {
            return JsonNode.DeepEquals(Document(item.Read), Document(present.Deserialize<DestinationRequest>(Tolerant)!));
        }
        var has = present["definition"].Deserialize<TaskDefinition>(Tolerant)!;
        return JsonNode.DeepEquals(Document(Normal(wanted, has)), Document(has));
    }

    private static JsonNode? Document(object value) => JsonSerializer.SerializeToNode(value, ApiJson.Options);

    // As the server would show it, once it had stored it over what it has.
    private static TaskDefinition Normal(TaskDefinition wanted, TaskDefinition has) =>
        wanted with
        {
            Name = wanted.Name?.Trim() ?? has.Name,
            Excluded = [.. wanted.Excluded.Select(e => e?.Trim() ?? "")],
            Encryption = Normal(wanted.Encryption ?? new(), has.Encryption ?? new()),
        };

    private static EncryptionDefinition Normal(EncryptionDefinition wanted, EncryptionDefinition has) =>
        wanted.Mode switch
        {
            EncryptionMode.Key when wanted.Key is { } key => wanted with
            {
                Key = null,
                Recipients = [AgeIdentity.Parse(key.Trim()).Recipient.ToString()],
            },
            EncryptionMode.Key => wanted with { Recipients = has.Recipients }, // it keeps the key that it has
            EncryptionMode.None => wanted with { Recipients = [] },
            _ => wanted,
        };
}

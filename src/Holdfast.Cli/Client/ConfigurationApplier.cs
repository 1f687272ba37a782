using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Holdfast.Api.Destinations;
using Holdfast.Archive.Age;
using Holdfast.Cli.Commands.Tasks;
using Holdfast.Cli.Output;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Server.Endpoints.Shared;

namespace Holdfast.Cli.Client;

/// <summary>
/// Makes what a server has as a file says: compares first, and changes only what differs, and only if nobody else did
/// meanwhile. Deletes nothing.
/// </summary>
/// <param name="api">The server.</param>
/// <param name="dryRun">Whether nothing is changed, only told.</param>
internal sealed class ConfigurationApplier(ApiClient api, bool dryRun)
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
            yield return await ApplyAsync(item, cancellationToken);
        }
    }

    private async Task<AppliedView> ApplyAsync(ApplyItem item, CancellationToken cancellationToken)
    {
        try
        {
            var (present, tag) = await FindAsync(item, cancellationToken);
            if (present is not null && IsUnchanged(item, present))
            {
                return View("unchanged", null);
            }
            var made = dryRun ? null : (await SaveAsync(item, present, tag, cancellationToken)).Body?["generatedKey"]?.DeepClone();
            return View(present is null ? "created" : "changed", made);
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalogue.AuthenticationRequired && e.Error != ErrorCatalogue.ServerUnreachable)
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
                $"{TaskCommand.TasksPath(item.Database!)}/{listed.GetText("id")}",
                null,
                cancellationToken
            );
            return (task.Body, task.ETag);
        }

        var answer = await api.FindAsync(Path(item), cancellationToken);
        if (answer is null && item.Parsed is TaskDefinition { Name: { } renamed })
        {
            answer = await api.FindAsync(Path(item with { Name = renamed }), cancellationToken); // renamed by an earlier run
        }
        return (answer?.Body, answer?.ETag);
    }

    private Task<ApiResponse> SaveAsync(ApplyItem item, JsonNode? present, string? tag, CancellationToken cancellationToken) =>
        item.Kind == ApplyItem.Task
            ? TaskCommand.SaveAsync(api, item.Database!, present, item.Body, tag, cancellationToken)
            : api.SendAsync(
                HttpMethod.Put,
                Path(item with { Name = present?.FindText("name") ?? item.Name }),
                item.Body,
                cancellationToken,
                tag,
                ifNew: present is null
            );

    private static string Path(ApplyItem item) =>
        $"{(item.Kind == ApplyItem.Destination ? "destinations" : "server-wide-backups")}/{ApiClient.EscapeSegment(item.Name)}";

    private static bool IsUnchanged(ApplyItem item, JsonNode present)
    {
        if (item.Parsed is not TaskDefinition wanted)
        {
            var stored = present.Deserialize<DestinationView>(Tolerant)!;
            var definition = new DestinationRequest
            {
                Kind = stored.Kind,
                Path = stored.Path,
                Settings = stored.Settings,
            };
            return JsonNode.DeepEquals(ToJson(item.Parsed), ToJson(definition));
        }
        var has = present["definition"].Deserialize<TaskDefinition>(Tolerant)!;
        return JsonNode.DeepEquals(ToJson(Normalize(wanted, has)), ToJson(has));
    }

    private static JsonNode? ToJson(object value) => JsonSerializer.SerializeToNode(value, ApiJson.Options);

    // As the server would show it, once it had stored it over what it has.
    private static TaskDefinition Normalize(TaskDefinition wanted, TaskDefinition has) =>
        wanted with
        {
            Name = wanted.Name?.Trim() ?? has.Name,
            Excluded = [.. wanted.Excluded.Select(e => e?.Trim() ?? "")],
            Encryption = Normalize(wanted.Encryption ?? new(), has.Encryption ?? new()),
        };

    private static EncryptionDefinition Normalize(EncryptionDefinition wanted, EncryptionDefinition has) =>
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

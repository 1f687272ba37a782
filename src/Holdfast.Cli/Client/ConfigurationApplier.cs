using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Api;
using Holdfast.Api.Destinations;
using Holdfast.Archive.Age;
using Holdfast.Cli.Commands.Tasks;
using Holdfast.Cli.Output.Views;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Kinds;
using Holdfast.Core.Tasks;
using Holdfast.Server.Endpoints.Shared;
using KeyView = Holdfast.Api.Tasks.KeyView;

namespace Holdfast.Cli.Client;

/// <summary>
/// Brings a server's configuration to the state of a file. Compares first, changes only what differs, and only if
/// nobody else has changed it since. Deletes nothing.
/// </summary>
/// <param name="connection">The server.</param>
/// <param name="dryRun">Whether changes are only reported.</param>
internal sealed class ConfigurationApplier(ServerConnection connection, bool dryRun)
{
    private readonly HoldfastClient _api = connection.Client;

    /// <summary>Applies one item after the other; one that fails does not stop the others.</summary>
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
            var present = item.Kind switch
            {
                ApplyItem.Destination => await FindDestinationAsync(item, cancellationToken),
                ApplyItem.ServerWide => await FindServerWideAsync(item, cancellationToken),
                _ => await FindTaskAsync(item, cancellationToken),
            };
            if (present.IsUnchanged)
            {
                return View("unchanged", null);
            }
            return View(present.Exists ? "changed" : "created", dryRun ? null : await present.SaveAsync());
        }
        catch (ApiException e) when (connection.Translate(e) is var failure && failure.Error != ErrorCatalog.AuthenticationRequired)
        {
            return View("failed", null, ErrorView.Of(failure));
        }
        catch (HoldfastException e) when (e.Error != ErrorCatalog.ServerUnreachable)
        {
            return View("failed", null, ErrorView.Of(e));
        }

        AppliedView View(string result, KeyView? key, ErrorView? error = null) =>
            new(item.Kind, item.Name, item.Database, result, key, error);
    }

    private async Task<PresentItem> FindDestinationAsync(ApplyItem item, CancellationToken cancellationToken)
    {
        var wanted = (DestinationRequest)item.Definition;
        var present = await _api.Destinations.FindAsync(item.Name, cancellationToken);
        return new(
            present is not null,
            present?.Value is { } stored
                && AreEqual(
                    wanted with
                    {
                        Settings = WithoutSecretMarkers(wanted.Kind, wanted.Settings),
                    },
                    new DestinationRequest
                    {
                        Kind = stored.Kind,
                        Path = stored.Path,
                        Settings = WithoutSecretMarkers(stored.Kind, stored.Settings),
                    }
                ),
            async () =>
            {
                var name = present?.Value.Name ?? item.Name;
                await _api.Destinations.PutDocumentAsync(name, item.Document, ConditionOf(present), cancellationToken);
                await SavedDestination.TestAsync(_api, name, cancellationToken);
                return null;
            }
        );
    }

    // The server only says that a secret is stored. A definition without it keeps it; one with it may contain another one.
    private static Dictionary<string, JsonElement>? WithoutSecretMarkers(string kind, Dictionary<string, JsonElement>? settings)
    {
        var fields = Drivers.CommandDestinations.FirstOrDefault(f => f.Kind == kind)?.Description.Form.Fields ?? [];
        var markers = fields.Where(f => f.Type == FormFieldType.Secret).Select(f => $"has{char.ToUpperInvariant(f.Name[0])}{f.Name[1..]}");
        return settings?.ExceptBy(markers, s => s.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal) is { Count: > 0 } kept
            ? kept
            : null;
    }

    private async Task<PresentItem> FindServerWideAsync(ApplyItem item, CancellationToken cancellationToken)
    {
        var wanted = (TaskDefinition)item.Definition;
        var present = await _api.ServerWideBackups.FindAsync(item.Name, cancellationToken);
        if (present is null && wanted.Name is { } renamed)
        {
            present = await _api.ServerWideBackups.FindAsync(renamed, cancellationToken); // renamed by an earlier run
        }
        return new(present is not null, present is not null && IsStored(item, present.Value.Definition), async () =>
        {
            var name = present?.Value.Name ?? item.Name;
            var saved = await _api.ServerWideBackups.PutDocumentAsync(name, item.Document, ConditionOf(present), cancellationToken);
            return saved.Value.GeneratedKey;
        });
    }

    private async Task<PresentItem> FindTaskAsync(ApplyItem item, CancellationToken cancellationToken)
    {
        var database = item.Database!;
        var listed = await TaskCommand.FindOrNullAsync(_api, database, item.Name, cancellationToken);

        // The list has no revisions; the task itself has.
        var present = listed is null ? null : await _api.Tasks.GetAsync(database, listed.Id, cancellationToken);
        return new(present is not null, present is not null && IsStored(item, present.Value.Definition), async () =>
            (await TaskCommand.SaveAsync(_api, database, present?.Value, item.Document, present?.ETag, cancellationToken))
                .Value
                .GeneratedKey
        );
    }

    private static EditCondition? ConditionOf<T>(Versioned<T>? present) =>
        present is null ? EditCondition.New : EditCondition.Unchanged(present.ETag);

    private static bool IsStored(ApplyItem item, TaskDefinition stored)
    {
        var wanted = (TaskDefinition)item.Definition;
        return AreEqual(Normalize(wanted, stored), stored)
            && UnknownMembers.AreStored(item.Document, (JsonObject)ToJson(wanted)!, ClientJson.ToDocument(stored));
    }

    private static bool AreEqual<T>(T one, T other) => JsonNode.DeepEquals(ToJson(one), ToJson(other));

    private static JsonNode? ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, ApiJson.Options);

    // The definition as the server would show it after saving it over the present one.
    private static TaskDefinition Normalize(TaskDefinition wanted, TaskDefinition has) =>
        wanted with
        {
            Name = wanted.Name?.Trim() ?? has.Name,
            Excluded = [.. wanted.Excluded.Select(e => e?.Trim() ?? "")],
            Retention = wanted.Retention is { Destinations.Count: 0 } retention ? retention with { Destinations = null } : wanted.Retention,
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

    /// <summary>An item of the file at the server: whether it exists and is as the file says, and how it is saved.</summary>
    /// <param name="Exists">Whether it exists.</param>
    /// <param name="IsUnchanged">Whether it is as the file says.</param>
    /// <param name="SaveAsync">
    /// Saves it, unless somebody else has changed it since; returns the key that the server generated, or null.
    /// </param>
    private sealed record PresentItem(bool Exists, bool IsUnchanged, Func<Task<KeyView?>> SaveAsync);
}

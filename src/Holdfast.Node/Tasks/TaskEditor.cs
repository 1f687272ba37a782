using System.Security.Cryptography;
using Holdfast.Archive.Age;
using Holdfast.Core.Databases;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;
using Holdfast.Node.Destinations;
using Holdfast.Node.Secrets;
using Holdfast.State;

namespace Holdfast.Node.Tasks;

/// <summary>Saves and deletes tasks: validates everything first, and reports all errors at once.</summary>
/// <param name="templates">Server-wide backup tasks.</param>
/// <param name="regular">Regular tasks.</param>
/// <param name="destinations">Destinations.</param>
/// <param name="keys">Keys that the server stores.</param>
/// <param name="time">The clock.</param>
public sealed class TaskEditor(
    StateMirror<Template> templates,
    StateMirror<RegularTask> regular,
    DestinationRegistry destinations,
    ArchiveKeys keys,
    TimeProvider time
) : IDisposable
{
    private const double MaxRetentionDays = 36_500;

    private readonly SemaphoreSlim _editing = new(1); // held while a task is saved, because names are unique across entries

    /// <summary>The template of this name, ignoring case; null if there is none.</summary>
    public StateItem<Template>? FindTemplate(string name) =>
        templates.Items.FirstOrDefault(t => string.Equals(t.Value.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The template of this id; null if there is none.</summary>
    public StateItem<Template>? FindTemplateById(string id) => templates.Find(id);

    /// <summary>The regular task of this id; null if there is none.</summary>
    public StateItem<RegularTask>? FindRegular(string id) => regular.Find(id);

    /// <summary>The template that would be saved, without saving it.</summary>
    /// <exception cref="ValidationException">Every error.</exception>
    public Template Draft(string name, TaskDefinition definition) => Build(name, definition, FindTemplate(name)?.Value).Template;

    /// <summary>
    /// Saves a template under its name; a definition with another name renames it, and its tasks keep their history.
    /// </summary>
    /// <exception cref="ValidationException">Every error.</exception>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.Conflict"/></exception>
    public async Task<SavedTask<Template>> PutTemplateAsync(
        string name,
        TaskDefinition definition,
        long? expected,
        CancellationToken cancellationToken
    )
    {
        await _editing.WaitAsync(cancellationToken);
        try
        {
            var before = FindTemplate(name);
            var (template, given, generated) = Build(name, definition, before?.Value);
            if ((given ?? generated) is { } key)
            {
                await keys.PutAsync(template.Id, key, cancellationToken); // before the task: an archive never exists without its key
            }
            return new(
                await templates.PutAsync(template.Id, template, expected ?? before?.Revision ?? 0, cancellationToken),
                before is null,
                generated
            );
        }
        finally
        {
            _editing.Release();
        }
    }

    /// <summary>Deletes a template with its tasks. Backups stay, and so do the keys that open them.</summary>
    public async Task DeleteTemplateAsync(string name, long? expected, CancellationToken cancellationToken)
    {
        var item = FindTemplate(name)
            ?? throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"There is no server-wide backup '{name}'.",
                "List them with: GET /api/v1/server-wide-backups"
            );
        await templates.DeleteAsync(item.Key, expected, cancellationToken);
    }

    /// <summary>Saves a regular task of a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="id">Id of the task to change; null to create one.</param>
    /// <param name="definition">The new definition.</param>
    /// <param name="present">The database's current tasks, to check the name.</param>
    /// <param name="expected">Expected revision; null for any.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<SavedTask<RegularTask>> PutRegularAsync(
        DatabaseId database,
        string? id,
        TaskDefinition definition,
        IReadOnlyList<BackupTask> present,
        long? expected,
        CancellationToken cancellationToken
    )
    {
        await _editing.WaitAsync(cancellationToken);
        try
        {
            var before = id is null ? null : FindOwned(database, id);
            var (settings, errors, given, generated) = Settings(definition, before?.Value.Settings);
            var task = new RegularTask
            {
                Id = before?.Key ?? NewId(),
                Name = definition.Name?.Trim() ?? before?.Value.Name ?? "",
                Database = database,
                Settings = settings,
                PreferredNode = definition.PreferredNode,
                ScheduledSince = ScheduledSince(before?.Value.Settings, settings, before?.Value.ScheduledSince),
            };
            errors.InsertRange(0, TaskValidator.Validate(task));
            if (definition.Excluded.Count > 0)
            {
                errors.Add(new("excluded", "Only a server-wide task excludes databases.", "Leave it out."));
            }
            if (definition.SpreadMinutes != 0)
            {
                errors.Add(new("spreadMinutes", "Only a server-wide task spreads its starts.", "Leave it out."));
            }
            if (present.Any(t => t.Id != task.Id && string.Equals(t.Name, task.Name, StringComparison.OrdinalIgnoreCase)))
            {
                errors.Add(new("name", $"The database already has a task '{task.Name}'.", "Choose another name."));
            }
            ValidationException.ThrowIfAny(errors);
            if ((given ?? generated) is { } key)
            {
                await keys.PutAsync(task.Id, key, cancellationToken);
            }
            return new(
                await regular.PutAsync(task.Id, task, expected ?? before?.Revision ?? 0, cancellationToken),
                before is null,
                generated
            );
        }
        finally
        {
            _editing.Release();
        }
    }

    /// <summary>Deletes a regular task. Its backups stay.</summary>
    public Task DeleteRegularAsync(DatabaseId database, string id, long? expected, CancellationToken cancellationToken) =>
        regular.DeleteAsync(FindOwned(database, id).Key, expected, cancellationToken);

    /// <summary>Undefined destinations and invalid recipients: errors in the settings that only the server can find.</summary>
    public IEnumerable<ValidationError> FindUnusable(TaskSettings settings)
    {
        foreach (var missing in settings.Destinations.Where(d => !string.IsNullOrWhiteSpace(d) && destinations.Find(d) is null))
        {
            yield return new("destinations", $"Destination '{missing}' is not defined.", "Define it first: PUT /api/v1/destinations/NAME");
        }
        var errors = new List<ValidationError>();
        foreach (var recipient in settings.Encryption.Recipients.Where(r => !string.IsNullOrWhiteSpace(r)))
        {
            TryRead("encryption.recipients", () => AgeRecipient.Parse(recipient), errors);
        }
        foreach (var error in errors)
        {
            yield return error;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _editing.Dispose();

    private static string NewId() => RandomNumberGenerator.GetHexString(TaskDerivation.IdDigits, lowercase: true);

    private StateItem<RegularTask> FindOwned(DatabaseId database, string id) =>
        regular.Find(id) is { } item && item.Value.Database == database
            ? item
            : throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"Database '{database}' has no regular task '{id}'.",
                "List its tasks with: GET /api/v1/databases/ID/tasks"
            );

    private (Template Template, AgeIdentity? Given, AgeIdentity? Generated) Build(string name, TaskDefinition definition, Template? before)
    {
        var (settings, errors, given, generated) = Settings(definition, before?.Settings);
        var template = new Template
        {
            Id = before?.Id ?? NewId(),
            TaskIdDigits = before is null ? TaskDerivation.IdDigits : before.TaskIdDigits,
            Name = (definition.Name ?? before?.Name ?? name).Trim(),
            Settings = settings,
            Excluded = [.. definition.Excluded.Select(e => e?.Trim() ?? "")],
            Spread = TimeSpan.FromMinutes(
                double.IsFinite(definition.SpreadMinutes) && Math.Abs(definition.SpreadMinutes) < 1e7 ? definition.SpreadMinutes : -1
            ),
            ScheduledSince = ScheduledSince(before?.Settings, settings, before?.ScheduledSince),
        };
        errors.InsertRange(0, TaskValidator.Validate(template));
        if (FindTemplate(template.Name) is { } same && same.Key != template.Id)
        {
            errors.Add(new("name", $"There is already a server-wide backup '{same.Value.Name}'.", "Choose another name."));
        }
        if (template.Name is "." or "..")
        {
            errors.Add(new("name", $"'{template.Name}' cannot be used in a URL.", "Choose another name."));
        }
        if (definition.PreferredNode is not null)
        {
            errors.Add(
                new("preferredNode", "A server-wide task has no preferred node: a node is chosen for each database.", "Leave it out.")
            );
        }
        ValidationException.ThrowIfAny(errors);
        return (template, given, generated);
    }

    private (TaskSettings Settings, List<ValidationError> Errors, AgeIdentity? Given, AgeIdentity? Generated) Settings(
        TaskDefinition definition,
        TaskSettings? before
    )
    {
        var errors = new List<ValidationError>();
        var (encryption, given, generated) = Encryption(definition.Encryption ?? new(), before?.Encryption, errors);
        var settings = new TaskSettings
        {
            Type = definition.Type,
            FullBackup = definition.FullBackup,
            IncrementalBackup = definition.IncrementalBackup,
            TimeZone = definition.TimeZone,
            Retention = definition.Retention is { } retention ? Retention(retention, errors) : null,
            Encryption = encryption,
            Destinations = definition.Destinations,
            VerifyEveryDays = definition.VerifyEveryDays,
            CompareEveryHours = definition.CompareEveryHours,
            ExistingBackups = definition.ExistingBackups,
            Disabled = definition.Disabled,
        };
        return (settings, [.. errors, .. FindUnusable(settings)], given, generated);
    }

    // Ages that no TimeSpan can hold are left out, after an error was reported.
    private static RetentionPolicy? Retention(RetentionDefinition definition, List<ValidationError> errors)
    {
        var destinations = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        foreach (var (name, days) in definition.Destinations ?? new Dictionary<string, double>())
        {
            if (IsAge(days, "retention.destinations", $" at '{name}'"))
            {
                destinations[name] = TimeSpan.FromDays(days);
            }
        }
        return IsAge(definition.MinimumAgeDays, "retention.minimumAgeDays", "")
            ? new(TimeSpan.FromDays(definition.MinimumAgeDays)) { Destinations = destinations.Count == 0 ? null : destinations }
            : null;

        bool IsAge(double days, string field, string where)
        {
            if (Math.Abs(days) <= MaxRetentionDays)
            {
                return true;
            }
            errors.Add(
                new(
                    field,
                    $"Backups{where} cannot be kept for {days} days.",
                    $"Give 1 to {MaxRetentionDays}, or leave retention out to keep them forever."
                )
            );
            return false;
        }
    }

    private static (EncryptionSettings Settings, AgeIdentity? Given, AgeIdentity? Generated) Encryption(
        EncryptionDefinition definition,
        EncryptionSettings? before,
        List<ValidationError> errors
    )
    {
        var settings = new EncryptionSettings
        {
            Mode = definition.Mode,
            Recipients = definition.Recipients,
            EncryptSnapshots = definition.EncryptSnapshots,
        };
        if (definition.Mode != EncryptionMode.Key)
        {
            if (definition.Key is not null)
            {
                errors.Add(
                    new("encryption.key", $"A key is given, but the mode is {definition.Mode}.", "Set the mode to Key, or omit the key.")
                );
            }
            return (settings, null, null);
        }

        if (definition.Key is null && before is { Mode: EncryptionMode.Key })
        {
            return (settings with { Recipients = before.Recipients }, null, null);
        }
        if (definition.Key is null)
        {
            var generated = AgeIdentity.Generate();
            return (settings with { Recipients = [generated.Recipient.ToString()] }, null, generated);
        }

        var given = TryRead("encryption.key", () => AgeIdentity.Parse(definition.Key.Trim()), errors);
        return (settings with { Recipients = given is null ? [] : [given.Recipient.ToString()] }, given, null);
    }

    private static T? TryRead<T>(string field, Func<T> read, List<ValidationError> errors)
        where T : class
    {
        try
        {
            return read();
        }
        catch (HoldfastException e)
        {
            errors.Add(new(field, e.Message, e.Hint ?? "Use another one."));
            return null;
        }
    }

    // Slots of an old schedule, or of the time while the task was disabled, do not count as missed.
    private DateTimeOffset ScheduledSince(TaskSettings? before, TaskSettings now, DateTimeOffset? since)
    {
        var same =
            before is not null
            && before.FullBackup == now.FullBackup
            && before.IncrementalBackup == now.IncrementalBackup
            && before.TimeZone == now.TimeZone
            && before.Runs == now.Runs;
        return same ? since!.Value : time.GetUtcNow();
    }
}

using Holdfast.Api.ServerWideBackups;
using Holdfast.Core.Databases;
using Holdfast.Core.Protection;
using Holdfast.Core.Tasks;
using Holdfast.Node.Coverage;
using Holdfast.Node.Discovery;
using Holdfast.Node.Jobs;
using Holdfast.Node.Secrets;
using Holdfast.Node.Tasks;
using Holdfast.Server.Endpoints.Databases;
using Holdfast.Server.Endpoints.Tasks;

namespace Holdfast.Server.Endpoints.ServerWideBackups;

/// <summary>Creates the views of server-wide backup tasks.</summary>
/// <param name="keys">Which keys of databases are known.</param>
/// <param name="previews">Previews templates.</param>
/// <param name="expiry">Previews their retention.</param>
/// <param name="tasks">All tasks.</param>
/// <param name="databases">The stored records of all databases.</param>
/// <param name="protection">How well each database is protected.</param>
/// <param name="queue">The operations that are queued and running.</param>
internal sealed class TemplateViewFactory(
    DatabaseKeys keys,
    PreviewFactory previews,
    ExpiryPreview expiry,
    TaskRegistry tasks,
    DatabaseRecords databases,
    ProtectionReader protection,
    OperationQueue queue
)
{
    private const int MaxShown = 1_000;

    /// <summary>Creates the views of templates, with the states of their tasks.</summary>
    public async Task<IReadOnlyList<TemplateView>> CreateAllAsync(IEnumerable<Template> templates, CancellationToken cancellationToken)
    {
        var patterns = await keys.PatternsAsync(cancellationToken);
        return [.. templates.Select(t => Create(t, previews.Create(t, patterns)))];
    }

    /// <summary>Creates the view of a template, with the states of its tasks.</summary>
    public async Task<TemplateView> CreateAsync(Template template, CancellationToken cancellationToken) =>
        Create(template, previews.Create(template, await keys.PatternsAsync(cancellationToken)));

    /// <summary>Creates the view of a template, with the states of its tasks and a preview.</summary>
    public async Task<TemplateView> CreateWithPreviewAsync(Template template, CancellationToken cancellationToken)
    {
        var preview = previews.Create(template, await keys.PatternsAsync(cancellationToken));
        return Create(template, preview) with { Preview = await CreatePreviewAsync(template, preview, cancellationToken) };
    }

    /// <summary>Previews what a template covers, whether it is saved or not.</summary>
    public async Task<PreviewView> CreatePreviewAsync(Template template, CancellationToken cancellationToken) =>
        await CreatePreviewAsync(template, previews.Create(template, await keys.PatternsAsync(cancellationToken)), cancellationToken);

    private async Task<PreviewView> CreatePreviewAsync(Template template, TaskPreview preview, CancellationToken cancellationToken)
    {
        var (expired, unreachable) = await expiry.FindAsync(template, cancellationToken);
        return new(preview.Summary, [.. preview.Databases.Take(MaxShown)], expired, unreachable);
    }

    private TemplateView Create(Template template, TaskPreview preview) =>
        new()
        {
            Id = template.Id,
            Name = template.Name,
            Definition = TaskDefinitionMapper.ToDefinition(template),
            Summary = preview.Summary,
            Unencrypted = preview.Unencrypted,
            Counts = CountStates(template),
        };

    private TemplateCounts CountStates(Template template)
    {
        var own = tasks.All.Where(t => t.TemplateId == template.Id).ToList();
        var records = own.Select(t => databases.Find(t.Database.ToString())).OfType<DatabaseRecord>();
        var states = DatabaseCounter.Count(records.Select(r => protection.Of(r, template.Id))).States;
        var running = own.Count(t => queue.Find(t.Id) is not null);
        return new(
            Of(ProtectionState.Covered),
            Of(ProtectionState.Failing),
            Of(ProtectionState.Waiting),
            Of(ProtectionState.Overdue),
            running
        )
        {
            States = states,
        };

        int Of(ProtectionState state) => states[state.ToString()];
    }
}

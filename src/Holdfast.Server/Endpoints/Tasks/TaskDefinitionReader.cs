using Holdfast.Core.Tasks;
using Holdfast.State;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Reads the definition that a task comes from: its template's, or its own.</summary>
/// <param name="templates">Server-wide backup tasks.</param>
/// <param name="regular">Regular tasks.</param>
internal sealed class TaskDefinitionReader(StateMirror<Template> templates, StateMirror<RegularTask> regular)
{
    /// <summary>The definition of a task.</summary>
    public TaskDefinition Read(BackupTask task) =>
        task.TemplateId is { } id
            ? TaskDefinitionMapper.ToDefinition(templates.Find(id)!.Value)
            : TaskDefinitionMapper.ToDefinition(regular.Find(task.Id)!.Value);
}

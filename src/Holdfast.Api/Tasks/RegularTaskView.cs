namespace Holdfast.Api.Tasks;

/// <summary>A regular task that was saved.</summary>
/// <param name="Task">It.</param>
/// <param name="GeneratedKey">The key that was made for it, once; null where none was.</param>
public sealed record RegularTaskView(TaskView Task, KeyView? GeneratedKey);

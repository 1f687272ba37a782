namespace Holdfast.Api.Tasks;

/// <summary>A regular task that was saved.</summary>
/// <param name="Task">The task.</param>
/// <param name="GeneratedKey">The generated key, only in the answer that created it; null if none was generated.</param>
public sealed record RegularTaskView(TaskView Task, KeyView? GeneratedKey);

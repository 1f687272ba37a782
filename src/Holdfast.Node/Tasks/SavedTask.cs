using Holdfast.Archive.Age;
using Holdfast.State;

namespace Holdfast.Node.Tasks;

/// <summary>A task that was saved.</summary>
/// <typeparam name="T">Template or regular task.</typeparam>
/// <param name="Item">The task, with its revision.</param>
/// <param name="IsNew">Whether it was created.</param>
/// <param name="GeneratedKey">The key that was generated for it, to be shown once; null if none was.</param>
public sealed record SavedTask<T>(StateItem<T> Item, bool IsNew, AgeIdentity? GeneratedKey);

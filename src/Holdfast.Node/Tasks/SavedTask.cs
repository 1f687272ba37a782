using Holdfast.Archive.Age;
using Holdfast.State;

namespace Holdfast.Node.Tasks;

/// <summary>A task that was saved.</summary>
/// <typeparam name="T">Template or regular task.</typeparam>
/// <param name="Item">It, with its revision.</param>
/// <param name="IsNew">Whether it was not there before.</param>
/// <param name="GeneratedKey">The key that was made for it, to be shown once; null where none was.</param>
public sealed record SavedTask<T>(StateItem<T> Item, bool IsNew, AgeIdentity? GeneratedKey);

namespace Holdfast.Node.Discovery;

/// <summary>A restore after which the role that runs restores was not looked at yet.</summary>
/// <param name="Target">Name of the new database.</param>
/// <param name="Began">When it began.</param>
/// <param name="Before">
/// What the role had before it, as the engine tells it; where it began beside others, what it had before the first of
/// them.
/// </param>
public sealed record UncheckedRestore(string Target, DateTimeOffset Began, string Before);

namespace Holdfast.Node.Jobs;

/// <summary>Something of which only so many jobs may hold one at a time.</summary>
/// <param name="Key">What it is: <c>Small</c>, <c>Small source shop</c>, <c>under way nas</c>.</param>
/// <param name="Limit">How many there are.</param>
internal readonly record struct ResourceLimit(string Key, int Limit);

namespace Holdfast.Node.Jobs;

/// <summary>A resource that a limited number of jobs may use at a time.</summary>
/// <param name="Key">The resource: <c>Small</c>, <c>Small source shop</c>, <c>in progress nas</c>.</param>
/// <param name="Limit">The number of jobs.</param>
internal readonly record struct ResourceLimit(string Key, int Limit);

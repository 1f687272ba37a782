namespace Holdfast.State;

/// <summary>One value of a <see cref="StateMirror{T}"/>.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
/// <param name="Key">Its key, without the mirror's prefix.</param>
/// <param name="Value">The value.</param>
/// <param name="Revision">Revision of its last change: what an edit must name so that it overwrites nobody else's.</param>
public sealed record StateItem<T>(string Key, T Value, long Revision);

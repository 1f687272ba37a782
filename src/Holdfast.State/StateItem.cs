namespace Holdfast.State;

/// <summary>One value of a <see cref="StateMirror{T}"/>.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
/// <param name="Key">Its key, without the mirror's prefix.</param>
/// <param name="Value">The value.</param>
/// <param name="Revision">Revision of its last change; an edit must pass it so that it does not overwrite the change of another.</param>
public sealed record StateItem<T>(string Key, T Value, long Revision);

using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>A node of a database group.</summary>
/// <param name="Tag">Tag of the node.</param>
/// <param name="Role">Role of the node for the database.</param>
/// <param name="Health">Health of the node.</param>
/// <param name="Tasks">Names of the tasks that the node is responsible for.</param>
public sealed record GroupNode(string Tag, string Role, StateAppearance Health, IReadOnlyList<string> Tasks);

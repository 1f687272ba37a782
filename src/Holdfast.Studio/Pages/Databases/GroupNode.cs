using Holdfast.Studio.Formatting;

namespace Holdfast.Studio.Pages.Databases;

/// <summary>A node of a database group, as the picture shows it.</summary>
/// <param name="Tag">Its tag.</param>
/// <param name="Role">What it is to the database.</param>
/// <param name="Health">How it is.</param>
/// <param name="Tasks">Names of the tasks that it is responsible for.</param>
public sealed record GroupNode(string Tag, string Role, StateAppearance Health, IReadOnlyList<string> Tasks);

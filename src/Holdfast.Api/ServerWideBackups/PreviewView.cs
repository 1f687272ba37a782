using Holdfast.Core.Tasks;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>What a template does, or would do.</summary>
/// <param name="Summary">In a line: <c>covers 412 databases (400 as snapshot, 12 as logical backup), 3 excluded</c>.</param>
/// <param name="Databases">Each database; at most 1,000 of them.</param>
/// <param name="RetentionWouldDelete">
/// Folders of chains that the next retention would delete, of at most 1,000 databases: at the destinations that can be
/// looked at.
/// </param>
/// <param name="RetentionCannotSee">The destinations that cannot be looked at: nobody knows what retention would delete there.</param>
public sealed record PreviewView(
    string Summary,
    IReadOnlyList<PreviewedDatabase> Databases,
    IReadOnlyList<string> RetentionWouldDelete,
    IReadOnlyList<UnreachableDestinationView> RetentionCannotSee
);

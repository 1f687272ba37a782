using Holdfast.Core.Tasks;

namespace Holdfast.Api.ServerWideBackups;

/// <summary>What a template does, or would do.</summary>
/// <param name="Summary">Summary in one line: <c>covers 412 databases (400 as snapshot, 12 as logical backup), 3 excluded</c>.</param>
/// <param name="Databases">The covered databases; at most 1,000.</param>
/// <param name="RetentionWouldDelete">
/// Folders of the chains that the next retention would delete, for at most 1,000 databases and at reachable
/// destinations.
/// </param>
/// <param name="RetentionCannotSee">Destinations that are unreachable, so that it is unknown what retention would delete there.</param>
public sealed record PreviewView(
    string Summary,
    IReadOnlyList<PreviewedDatabase> Databases,
    IReadOnlyList<string> RetentionWouldDelete,
    IReadOnlyList<UnreachableDestinationView> RetentionCannotSee
);

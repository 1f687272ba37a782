using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Node.Catalog;
using Holdfast.Node.Catalog.Auditing;
using Holdfast.Node.Verification;

namespace Holdfast.Node.Alerts.Inputs;

/// <summary>
/// Damaged and missing archives that the catalog knows, problems of the catalog itself, and overdue verifications.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="verification">Knows which verifications are overdue.</param>
/// <param name="audit">Knows which files at destinations are not ours.</param>
public sealed class CatalogAlertInputs(ICatalog catalog, VerificationScheduler verification, CatalogAudit audit) : IAlertInputs
{
    /// <inheritdoc/>
    public void Subscribe(AlertMonitor alerts) => catalog.Changed += alerts.Invalidate;

    /// <inheritdoc/>
    public AlertSnapshot AddTo(AlertSnapshot snapshot) =>
        snapshot with
        {
            Archives = catalog.CopyProblems,
            ForeignFiles = audit.ForeignFiles,
            CatalogProblem = catalog.Problem is { } problem ? OperationError.From(problem) : null,
            DamagedCatalogPath = catalog.DamagedFile,
            LostCatalogMarkerPath = catalog.LostMarker,
            LateVerifications = verification.Overdue,
        };
}

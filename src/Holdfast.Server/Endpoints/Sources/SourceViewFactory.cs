using Holdfast.Api.Sources;
using Holdfast.Engines.Discovery;
using Holdfast.Engines.Sources;
using Holdfast.Node.Discovery;
using Holdfast.Node.Sources;

namespace Holdfast.Server.Endpoints.Sources;

/// <summary>Creates the views of sources.</summary>
/// <param name="sources">The sources of the node.</param>
/// <param name="editor">The sources defined over the API.</param>
internal sealed class SourceViewFactory(SourceRegistry sources, SourceEditor editor)
{
    /// <summary>Creates the view of a source.</summary>
    public async Task<SourceView> CreateAsync(SourceMonitor source, CancellationToken cancellationToken)
    {
        var status = source.Status;
        var view = new SourceView(
            source.Attached.Name,
            source.Attached.Engine,
            status.Databases,
            status.CompletedAt,
            source.Problem(sources.Interval)
        )
        {
            Identity = status.Identity ?? status.Location,
            IsIdentityWeak = status.Identity is null && status.Location is not null,
            Missing = source.Missing,
            NeedsConfirmation = source.NeedsConfirmation,
            DiscoveryStarted = status.DiscoveryStarted,
            PassedOver = status.SkippedFiles.Counts.Where(c => c.Key is not (SkipReason.SideFile or SkipReason.OwnFile)).Sum(c => c.Value),
        };
        return editor.Find(view.Name)?.Value is { } defined
            ? view with
            {
                Definition = await CreateAsync(defined, cancellationToken),
            }
            : view;
    }

    private async Task<SourceDefinitionView> CreateAsync(SourceDefinition defined, CancellationToken cancellationToken) =>
        new(
            defined.Url,
            await editor.HasPasswordAsync(defined.Name, cancellationToken),
            defined.Include,
            defined.Exclude,
            defined.RestoreOwner
        )
        {
            Restore = defined.RestoreUser is { } user
                ? new(user, await editor.HasRestorePasswordAsync(defined.Name, cancellationToken))
                : null,
            Settings = defined.Settings,
        };
}

using Holdfast.Node.Discovery;
using Holdfast.Node.Sources;

namespace Holdfast.Node.Lifetime;

/// <summary>Attaches the sources at the start, and closes them at the end.</summary>
/// <param name="sources">The sources of this node.</param>
/// <param name="configured">Those that the configuration defines.</param>
/// <param name="editor">Those that are defined over the API.</param>
/// <param name="settings">How long a start waits for them.</param>
public sealed class SourceLifetime(SourceRegistry sources, ConfiguredSources configured, SourceEditor editor, NodeSettings settings)
{
    /// <summary>Attaches all of them, concurrently and in the background.</summary>
    /// <param name="isExclusive">
    /// Whether no other node uses the same state. If so, databases of sources that are not attached are missing; otherwise another node
    /// may have them.
    /// </param>
    public void Attach(bool isExclusive)
    {
        foreach (var source in configured.Items)
        {
            sources.Attach(source);
        }
        editor.Start();
        if (isExclusive)
        {
            sources.MarkUnattachedMissing();
        }
    }

    /// <summary>Waits for the first discovery of each source, at most for <see cref="NodeSettings.StartTimeout"/>.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(
            sources.WaitUntilReadyAsync(cancellationToken),
            Task.Delay(settings.StartTimeout, TimeProvider.System, cancellationToken)
        );
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Ends discovery.</summary>
    public void Stop() => sources.Stop();

    /// <summary>Closes them.</summary>
    public Task CloseAsync() => sources.DisposeAsync().AsTask();
}

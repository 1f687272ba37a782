namespace Holdfast.Node.Jobs;

/// <summary>Says whether sources can be used yet, which is all that the queue needs to know of them.</summary>
public interface ISourceReadiness
{
    /// <summary>
    /// Whether the first discovery of a source has ended; jobs wait until then. Must neither block nor call the queue.
    /// </summary>
    /// <param name="source">Name of the source. An unknown one counts as ready: its jobs fail when they run.</param>
    bool IsReady(string source);
}

namespace Holdfast.Node.Jobs;

/// <summary>Says whether sources can be used yet. The queue needs nothing else of them.</summary>
public interface ISourceReadiness
{
    /// <summary>Whether the first discovery of a source has ended; jobs wait until it has. Must neither block nor call the queue.</summary>
    /// <param name="source">Name of the source. One that does not exist is ready: its jobs fail when they run.</param>
    bool IsReady(string source);
}

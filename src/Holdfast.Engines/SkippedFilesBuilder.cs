namespace Holdfast.Engines;

/// <summary>Counts and names what a discovery leaves out.</summary>
public sealed class SkippedFilesBuilder
{
    private readonly Dictionary<SkipReason, int> _counts = [];
    private readonly List<SkippedFile> _files = [];

    /// <summary>Leaves a file out.</summary>
    /// <param name="name">Its name within the source.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">More about it, for people; null where the reason says it all.</param>
    public void Add(string name, SkipReason reason, string? detail = null)
    {
        var count = _counts[reason] = _counts.GetValueOrDefault(reason) + 1;
        if (count <= SkippedFiles.MaxListed)
        {
            _files.Add(new(name, reason, detail));
        }
    }

    /// <summary>What was left out so far.</summary>
    public SkippedFiles Build() =>
        new(new Dictionary<SkipReason, int>(_counts), [.. _files.OrderBy(f => f.Reason).ThenBy(f => f.Name, StringComparer.Ordinal)]);
}

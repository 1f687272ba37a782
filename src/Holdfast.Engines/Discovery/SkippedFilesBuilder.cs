namespace Holdfast.Engines.Discovery;

/// <summary>Collects the files that a discovery skips.</summary>
public sealed class SkippedFilesBuilder
{
    private readonly Dictionary<SkipReason, int> _counts = [];
    private readonly List<SkippedFile> _files = [];

    /// <summary>Adds a skipped file.</summary>
    /// <param name="name">Its name within the source.</param>
    /// <param name="reason">Why it is skipped.</param>
    /// <param name="detail">Details for people; null if the reason is sufficient.</param>
    public void Add(string name, SkipReason reason, string? detail = null)
    {
        var count = _counts[reason] = _counts.GetValueOrDefault(reason) + 1;
        if (count <= SkippedFiles.MaxListed)
        {
            _files.Add(new(name, reason, detail));
        }
    }

    /// <summary>Returns the files skipped so far.</summary>
    public SkippedFiles Build() =>
        new(new Dictionary<SkipReason, int>(_counts), [.. _files.OrderBy(f => f.Reason).ThenBy(f => f.Name, StringComparer.Ordinal)]);
}

namespace Holdfast.Engines;

/// <summary>Counts and names what a discovery leaves out.</summary>
public sealed class PassedOverBuilder
{
    private readonly Dictionary<PassedOverReason, int> _counts = [];
    private readonly List<PassedOverFile> _files = [];

    /// <summary>Leaves a file out.</summary>
    /// <param name="name">Its name within the source.</param>
    /// <param name="reason">Why.</param>
    /// <param name="detail">More about it, for people; null where the reason says it all.</param>
    public void Add(string name, PassedOverReason reason, string? detail = null)
    {
        var count = _counts[reason] = _counts.GetValueOrDefault(reason) + 1;
        if (count <= PassedOver.MostNamed)
        {
            _files.Add(new(name, reason, detail));
        }
    }

    /// <summary>What was left out so far.</summary>
    public PassedOver Build() =>
        new(new Dictionary<PassedOverReason, int>(_counts), [.. _files.OrderBy(f => f.Reason).ThenBy(f => f.Name, StringComparer.Ordinal)]);
}

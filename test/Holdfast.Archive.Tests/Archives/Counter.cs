namespace Holdfast.Archive.Tests.Archives;

/// <summary>Counts.</summary>
internal sealed class Counter
{
    public long Value { get; set; }
}

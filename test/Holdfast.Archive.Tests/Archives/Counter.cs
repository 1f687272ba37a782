namespace Holdfast.Archive.Tests.Archives;

/// <summary>A mutable counter.</summary>
internal sealed class Counter
{
    public long Value { get; set; }
}

namespace Holdfast.RoundTrip.Tests;

/// <summary>The kinds of changes that an <see cref="Edit"/> makes.</summary>
internal enum Change
{
    Nothing,
    NewTable,
    DropTable,
    Delete,
    DeleteAll,
    Double,
    Update,
    Vacuum,
    PageSize,
    Journal,
}

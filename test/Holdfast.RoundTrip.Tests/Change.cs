namespace Holdfast.RoundTrip.Tests;

/// <summary>What an <see cref="Edit"/> changes.</summary>
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

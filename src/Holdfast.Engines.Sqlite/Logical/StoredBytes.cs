namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>Where SQLite holds the bytes of a value, until the next step.</summary>
internal readonly unsafe struct StoredBytes(byte* bytes, int length)
{
    /// <summary>Gives both parts.</summary>
    public void Deconstruct(out byte* start, out int count) 
    {
        start = bytes;
        count = length;
    }
}

using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>The current row of a table; each value is read once.</summary>
/// <param name="select">The statement that reads the rows.</param>
/// <param name="count">Number of values per row.</param>
/// <param name="digest">Receives each row; null if no digest is needed.</param>
/// <param name="dryRun">Validates each row; null if not needed.</param>
internal sealed class StoredRow(SqliteStatement select, int count, TableDigest? digest = null, TableDryRun? dryRun = null)
{
    private readonly StoredValue[] _values = new StoredValue[count];

    /// <summary>Returns one value.</summary>
    public ref readonly StoredValue this[int column] => ref _values[column];

    /// <summary>Moves to the next row; returns false at the end.</summary>
    /// <exception cref="Core.Errors.HoldfastException">The row cannot be read, or a restore could not write it.</exception>
    public bool MoveNext()
    {
        if (!select.Step())
        {
            return false;
        }
        dryRun?.ValidateRow();
        for (var column = 0; column < _values.Length; column++)
        {
            _values[column] = StoredValue.Read(select.Handle, column);
        }
        digest?.Add(_values);
        return true;
    }
}

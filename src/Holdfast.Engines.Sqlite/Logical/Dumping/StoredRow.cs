using Holdfast.Engines.Sqlite.Logical.Schemas;
using Holdfast.Engines.Sqlite.Native;

namespace Holdfast.Engines.Sqlite.Logical.Dumping;

/// <summary>The row of a table that is being read, each value of it read once.</summary>
/// <param name="select">Reads the rows.</param>
/// <param name="count">Values in a row.</param>
/// <param name="digest">Takes each row in; null where none is wanted.</param>
/// <param name="trial">Tries each row; null where none needs to be.</param>
internal sealed class StoredRow(SqliteStatement select, int count, TableDigest? digest = null, TableDryRun? trial = null)
{
    private readonly StoredValue[] _values = new StoredValue[count];

    /// <summary>One of them.</summary>
    public ref readonly StoredValue this[int column] => ref _values[column];

    /// <summary>Goes to the next row; false at the end.</summary>
    /// <exception cref="Core.Errors.HoldfastException">It cannot be read, or a restore could not write it.</exception>
    public bool MoveNext()
    {
        if (!select.Step())
        {
            return false;
        }
        trial?.ValidateRow();
        for (var column = 0; column < _values.Length; column++)
        {
            _values[column] = StoredValue.Read(select.Handle, column);
        }
        digest?.Add(_values);
        return true;
    }
}

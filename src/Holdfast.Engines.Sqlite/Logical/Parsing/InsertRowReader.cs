namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Reads the rows of an INSERT, which have exactly one form.</summary>
internal static unsafe class InsertRowReader
{
    /// <summary>The error for an INSERT whose prefix is not in the form of a backup.</summary>
    public const string UnknownPrefix = "an INSERT that is not in the form of a backup";

    /// <summary>
    /// Reads the values of a row and the closing bracket; returns false if they are not in the form of a backup.
    /// </summary>
    public delegate bool RowHandler(ref LiteralReader reader);

    /// <summary>Calls the handler for each row.</summary>
    /// <param name="start">The first row. Its literals are decoded in place.</param>
    /// <param name="end">The end of the statement.</param>
    /// <param name="onRow">Called for each row.</param>
    /// <returns>Null, or why the rows are refused.</returns>
    public static string? Read(byte* start, byte* end, RowHandler onRow)
    {
        var reader = new LiteralReader(start, end);
        while (true)
        {
            if (!reader.TryTake("("u8) || !onRow(ref reader))
            {
                return "a row that is not in the form of a backup";
            }
            if (reader.TryTake(";"u8))
            {
                return reader.At == end ? null : "text after an INSERT";
            }
            if (!reader.TryTake(",\n"u8) && !reader.TryTake(","u8))
            {
                return "rows that are not separated as in a backup";
            }
        }
    }
}

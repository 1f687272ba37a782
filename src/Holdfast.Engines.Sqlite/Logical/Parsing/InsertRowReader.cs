namespace Holdfast.Engines.Sqlite.Logical.Parsing;

/// <summary>Goes through the rows of an INSERT, which stand in it in one form.</summary>
internal static unsafe class InsertRowReader
{
    /// <summary>What is wrong with an INSERT whose beginning is not ours.</summary>
    public const string UnknownPrefix = "an INSERT that has not the form of a backup";

    /// <summary>Takes the values of a row and the bracket behind them; false where they have not their form.</summary>
    public delegate bool RowHandler(ref LiteralReader reader);

    /// <summary>Hands over row after row.</summary>
    /// <param name="start">The first row. Its literals are decoded where they stand.</param>
    /// <param name="end">The end of the statement.</param>
    /// <param name="take">Takes each row.</param>
    /// <returns>Null, or what is not as it should be.</returns>
    public static string? Read(byte* start, byte* end, RowHandler take)
    {
        var reader = new LiteralReader(start, end);
        while (true)
        {
            if (!reader.TryTake("("u8) || !take(ref reader))
            {
                return "a row that has not the form of a backup";
            }
            if (reader.TryTake(";"u8))
            {
                return reader.At == end ? null : "something behind an INSERT";
            }
            if (!reader.TryTake(",\n"u8) && !reader.TryTake(","u8))
            {
                return "rows that are not separated as in a backup";
            }
        }
    }
}

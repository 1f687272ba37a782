namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A reader process has ended before it answered.</summary>
/// <param name="how">How it ended, as people call it.</param>
internal sealed class ReaderExitedException(string how) : Exception(how);

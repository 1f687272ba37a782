namespace Holdfast.Engines.Sqlite.Readers;

/// <summary>A reader process exited before it replied.</summary>
/// <param name="exitDescription">How it exited, for people.</param>
internal sealed class ReaderExitedException(string exitDescription) : Exception(exitDescription);

namespace Holdfast.Core.Operations;

/// <summary>
/// What came of reading a chain at one destination: every byte, by a verification, or as much as a restore or a backup
/// needed.
/// </summary>
/// <param name="At">When it was read, or when the newest problem was found.</param>
/// <param name="Through">
/// When the newest archive of which every byte was read began: later ones were not there yet. Null where only problems
/// were found, and no archive was verified.
/// </param>
/// <param name="Problems">What is wrong, by the file names of archives; those that were read and are not named are whole.</param>
public sealed record ChainCheck(DateTimeOffset At, DateTimeOffset? Through, IReadOnlyDictionary<string, OperationError> Problems);

namespace Holdfast.Core.Operations;

/// <summary>
/// Result of reading a chain at one destination: all of it by a verification, or the part that a restore or backup needed.
/// </summary>
/// <param name="At">When it was read, or when the newest problem was found.</param>
/// <param name="Through">
/// When the newest fully read archive began; later archives did not exist yet. Null if no archive was verified, only problems were found.
/// </param>
/// <param name="Problems">Problems by the file names of archives; an archive that was read and is not listed is intact.</param>
public sealed record ChainCheck(DateTimeOffset At, DateTimeOffset? Through, IReadOnlyDictionary<string, OperationError> Problems);

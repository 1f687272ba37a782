namespace Holdfast.Core.Operations;

/// <summary>What came of reading every byte of a chain at one destination.</summary>
/// <param name="At">When it was read.</param>
/// <param name="Through">When its newest archive that was read began: later ones were not there yet.</param>
/// <param name="Problems">What is wrong, by the file names of archives; those that were read and are not named are whole.</param>
public sealed record ChainCheck(DateTimeOffset At, DateTimeOffset Through, IReadOnlyDictionary<string, OperationError> Problems);

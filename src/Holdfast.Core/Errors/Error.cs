namespace Holdfast.Core.Errors;

/// <summary>One kind of failure: what programs are told about it. The text for people is in <see cref="HoldfastException"/>.</summary>
/// <param name="Code">Stable name, kebab-case, as JSON output shows it.</param>
/// <param name="ExitCode">Exit code of the command line, 1 to 8.</param>
/// <param name="HttpStatus">Status code of the REST API.</param>
public sealed record Error(string Code, int ExitCode, int HttpStatus);

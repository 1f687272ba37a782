namespace Holdfast.Core.Errors;

/// <summary>One kind of failure: what programs are told about it. The text for people is in <see cref="HoldfastException"/>.</summary>
/// <param name="Code">Stable name, kebab-case, as JSON output shows it.</param>
/// <param name="ExitCode">Exit code of the command line, 1 to 8.</param>
/// <param name="HttpStatus">Status code of the REST API.</param>
public sealed record Error(string Code, int ExitCode, int HttpStatus)
{
    /// <summary>Exit code of all kinds that are damage.</summary>
    internal const int DamageExitCode = 5;

    /// <summary>Whether it says that stored bytes are not what was written, or cannot be had: another copy may do.</summary>
    public bool IsDamage => ExitCode == DamageExitCode;
}

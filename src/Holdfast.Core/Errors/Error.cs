namespace Holdfast.Core.Errors;

/// <summary>One kind of failure, as programs see it. The text for people is in <see cref="HoldfastException"/>.</summary>
/// <param name="Code">Stable name in kebab-case, as in JSON output.</param>
/// <param name="ExitCode">Exit code of the command line, 1 to 8.</param>
/// <param name="HttpStatus">Status code of the REST API.</param>
public sealed record Error(string Code, int ExitCode, int HttpStatus)
{
    /// <summary>Exit code of every kind that means damage.</summary>
    internal const int DamageExitCode = 5;

    /// <summary>Whether it means that stored bytes differ from what was written or cannot be read, so another copy may be intact.</summary>
    public bool IsDamage => ExitCode == DamageExitCode;
}

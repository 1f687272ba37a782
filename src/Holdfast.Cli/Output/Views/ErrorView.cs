using Holdfast.Core.Errors;

namespace Holdfast.Cli.Output.Views;

/// <summary>A failure in JSON output.</summary>
/// <param name="Code">Stable name of the kind of failure.</param>
/// <param name="Message">What happened.</param>
/// <param name="Hint">What to do next; null if there is no advice.</param>
internal sealed record ErrorView(string Code, string Message, string? Hint)
{
    public static ErrorView Of(HoldfastException e) => new(e.Error.Code, e.Message, e.Hint);
}

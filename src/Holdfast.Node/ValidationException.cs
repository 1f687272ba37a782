using Holdfast.Core.Tasks;

namespace Holdfast.Node;

/// <summary>A definition has errors; nothing of it was stored.</summary>
public sealed class ValidationException : Exception
{
    private ValidationException(IReadOnlyList<ValidationError> faults)
        : base(string.Join(' ', faults.Select(f => f.Message))) => Errors = faults;

    /// <summary>All errors.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }

    /// <summary>Creates the exception for one or more errors.</summary>
    public static ValidationException Create(IReadOnlyList<ValidationError> faults) => new(faults);

    /// <summary>Throws if there are errors.</summary>
    public static void ThrowIfAny(IReadOnlyList<ValidationError> faults)
    {
        if (faults.Count > 0)
        {
            throw new ValidationException(faults);
        }
    }
}

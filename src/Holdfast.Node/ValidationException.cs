using Holdfast.Core.Tasks;

namespace Holdfast.Node;

/// <summary>A definition has errors; nothing of it was stored.</summary>
public sealed class ValidationException : Exception
{
    private ValidationException(IReadOnlyList<ValidationError> errors)
        : base(string.Join(' ', errors.Select(f => f.Message))) => Errors = errors;

    /// <summary>All errors.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }

    /// <summary>Creates the exception for one or more errors.</summary>
    public static ValidationException Create(IReadOnlyList<ValidationError> errors) => new(errors);

    /// <summary>Throws if there are errors.</summary>
    public static void ThrowIfAny(IReadOnlyList<ValidationError> errors)
    {
        if (errors.Count > 0)
        {
            throw new ValidationException(errors);
        }
    }
}

using Holdfast.Core.Tasks;

namespace Holdfast.Node;

/// <summary>A definition has faults; nothing of it was stored.</summary>
public sealed class ValidationException : Exception
{
    private ValidationException(IReadOnlyList<ValidationError> faults)
        : base(string.Join(' ', faults.Select(f => f.Message))) => Errors = faults;

    /// <summary>Every fault.</summary>
    public IReadOnlyList<ValidationError> Errors { get; }

    /// <summary>The exception for one fault and more.</summary>
    public static ValidationException Create(IReadOnlyList<ValidationError> faults) => new(faults);

    /// <summary>Throws where there are faults.</summary>
    public static void ThrowIfAny(IReadOnlyList<ValidationError> faults)
    {
        if (faults.Count > 0)
        {
            throw new ValidationException(faults);
        }
    }
}

using Holdfast.Core.Tasks;

namespace Holdfast.Server.Problems;

/// <summary>What was sent cannot be stored: answered with 400 and every fault.</summary>
public sealed class ValidationException : Exception
{
    /// <summary>Makes it.</summary>
    /// <param name="faults">One and more.</param>
    public ValidationException(IReadOnlyList<Fault> faults)
        : base(string.Join(' ', faults.Select(f => $"{f.Field}: {f.Message}"))) => Faults = faults;

    /// <summary>Every fault.</summary>
    public IReadOnlyList<Fault> Faults { get; }

    /// <summary>Throws if there are faults.</summary>
    /// <exception cref="ValidationException">There are.</exception>
    public static void ThrowIfAny(IReadOnlyList<Fault> faults)
    {
        if (faults.Count > 0) throw new ValidationException(faults);
    }
}

using Holdfast.Core.Tasks;

namespace Holdfast.Node;

/// <summary>A definition has faults; nothing of it was stored.</summary>
public sealed class InvalidException : Exception
{
    private InvalidException(IReadOnlyList<Fault> faults)
        : base(string.Join(' ', faults.Select(f => f.Message))) => Faults = faults;

    /// <summary>Every fault.</summary>
    public IReadOnlyList<Fault> Faults { get; }

    /// <summary>The exception for one fault and more.</summary>
    public static InvalidException Of(IReadOnlyList<Fault> faults) => new(faults);

    /// <summary>Throws where there are faults.</summary>
    public static void ThrowIfAny(IReadOnlyList<Fault> faults)
    {
        if (faults.Count > 0)
        {
            throw new InvalidException(faults);
        }
    }
}

using Holdfast.Core.Errors;
using Holdfast.Destinations;

namespace Holdfast.Node.Repairs;

/// <summary>A destination that takes part in a repair.</summary>
/// <param name="name">Its name.</param>
/// <param name="destination">The opened destination.</param>
internal sealed class RepairedDestination(string name, IDestination destination)
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>The destination.</summary>
    public IDestination Destination => destination;

    /// <summary>The first reason why it still lacks archives; null if there is none.</summary>
    public HoldfastException? Problem { get; private set; }

    /// <summary>Records that it could not be read, or that an archive could not be copied to it.</summary>
    public void Fail(HoldfastException problem) => Problem ??= problem;
}

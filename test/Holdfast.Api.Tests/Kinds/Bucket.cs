using Holdfast.Destinations;

namespace Holdfast.Api.Tests.Kinds;

/// <summary>A bucket, whose name is not a path.</summary>
internal sealed class Bucket(string name, IDestination inner) : DelegatingDestination(inner)
{
    public override string Name => name;
}

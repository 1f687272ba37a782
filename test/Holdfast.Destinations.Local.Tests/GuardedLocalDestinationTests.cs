using Holdfast.Destinations.Contract;
using Holdfast.Destinations.Limits;

namespace Holdfast.Destinations.Local.Tests;

/// <summary>A destination with an identity, behind limits, keeps the same promises.</summary>
public sealed class GuardedLocalDestinationTests : DestinationContract
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    protected override async ValueTask<IDestination> OpenAsync()
    {
        var id = await new LocalDriver().InitializeAsync(_root, Token);
        return new GuardedDestination(LocalDestination.OpenWithIdentity(_root, id), new("test", new(), TimeProvider.System));
    }
}

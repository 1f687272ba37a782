using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Destinations;

/// <summary>Credentials that may use nothing but the keys below the prefix of their destination.</summary>
public sealed class LeastRightsTests : NodeTestBase
{
    [Fact]
    public async Task A_destination_below_a_prefix_can_be_defined_and_tested()
    {
        await using var bucket = await TestBucket.StartAsync();
        bucket.Store.Bucket().Objects.Clear();
        bucket.Store.AddCredentials(S3Stub.Credentials with { AllowsKey = k => k.StartsWith("production/", StringComparison.Ordinal) });
        await Node.Destinations.PutAsync(bucket.Define(), null, Token);
        Assert.Contains("production/.holdfast-destination", bucket.Store.Bucket().Objects.Keys);
        Assert.NotEmpty((await Node.Destinations.TestAsync("offsite", Token)).Notes);
    }
}

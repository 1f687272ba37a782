using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Node.Destinations;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>What backups cost in a bucket with SSE-KMS, where the answer to an upload does not prove what was stored.</summary>
public sealed class KmsCostTests : BucketNode
{
    protected override S3StubOptions Options => S3StubOptions.Aws with { Md5ETags = false };

    [Fact]
    public async Task An_incremental_of_a_small_database_costs_one_request_more_which_asks_for_the_length()
    {
        await CoverAsync("bucket");
        await BackUpAsync("a", BackupKind.Full);
        for (var i = 0; i < 2; i++)
        {
            var (operation, requests) = await CountAsync("a", BackupKind.Incremental);
            Assert.Equal((OperationState.Completed, BackupKind.Incremental), (operation.State, operation.Result!.Kind));
            Assert.Equal(3, requests.Count(r => r == S3Operation.PutObject)); // index, archive and catalog
            Assert.Equal(1, requests.Count(r => r == S3Operation.HeadObject));
            Assert.Equal(4, requests.Count);
        }
        await RestoresAsync();
    }

    protected override DestinationConfig Define(string name)
    {
        var bucket = base.Define(name);
        return bucket with
        {
            Settings = new Dictionary<string, System.Text.Json.JsonElement>(bucket.Settings!)
            {
                ["serverSideEncryption"] = System.Text.Json.JsonSerializer.SerializeToElement("kms"),
            },
        };
    }
}

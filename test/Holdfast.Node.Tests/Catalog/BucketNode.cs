using System.Text.Json;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Operations;
using Holdfast.Core.Tasks;
using Holdfast.Destinations;
using Holdfast.Destinations.S3;
using Holdfast.Node.Destinations;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Catalog;

/// <summary>A node with two databases whose destinations are in buckets, except those whose name starts with <c>disk</c>.</summary>
public abstract class BucketNode : BackedUpNode
{
    private S3Stub? _store;

    protected S3Stub Store => _store!;

    /// <summary>Opens what <see cref="BackUpEncryptedAsync"/> makes.</summary>
    protected AgeIdentity Key { get; } = AgeIdentity.Generate();

    /// <summary>How the store behaves.</summary>
    protected virtual S3StubOptions Options => S3StubOptions.Aws;

    protected override IReadOnlyList<DestinationFactory> MoreKinds { get; } =
    [
        new S3DestinationFactory(
            new()
            {
                Limits = new() { RetryDelay = TimeSpan.FromMilliseconds(1), Retries = 1 },
            }
        ),
    ];

    public override async ValueTask InitializeAsync()
    {
        _store = await S3Stub.StartAsync(Options);
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override DestinationConfig Define(string name) =>
        name.StartsWith("disk", StringComparison.Ordinal)
            ? base.Define(name)
            : new()
            {
                Name = name,
                Kind = "s3",
                Settings = new Dictionary<string, string>
                {
                    ["bucket"] = S3Stub.DefaultBucket,
                    ["prefix"] = name,
                    ["endpoint"] = Store.Endpoint,
                    ["region"] = "us-east-1",
                    ["accessKey"] = S3Stub.Credentials.AccessKey,
                    ["secretKey"] = S3Stub.Credentials.SecretKey,
                    ["mode"] = "aws",
                }.ToDictionary(s => s.Key, s => JsonSerializer.SerializeToElement(s.Value)),
            };

    /// <summary>Starts the node, and waits until the destination is open: the clock stands still until then.</summary>
    protected async Task StartAsync(string destination)
    {
        await StartAsync();
        await UntilAsync(() => Node.Tasks.Of(new("fake", "b")).Any());
        await (await Node.Destinations.OpenForBackupsAsync(destination, Token)).DisposeAsync();
    }

    /// <summary>A backup and the requests that it cost.</summary>
    protected async Task<(Operation Operation, IReadOnlyList<S3Operation> Requests)> CountAsync(string database, BackupKind kind)
    {
        Store.ResetRequests();
        var operation = await BackUpAsync(database, kind);
        return (operation, [.. Store.Requests.Select(r => r.Operation)]);
    }

    /// <summary>Changes a database, and backs it up for a key that the server does not have.</summary>
    protected async Task BackUpEncryptedAsync(BackupKind kind)
    {
        Time.Advance(TimeSpan.FromMinutes(1));
        Source.Databases["a"][5 * 4096]++;
        var task = Node.Tasks.Of(new("fake", "a")).Single();
        var settings = task.Settings with
        {
            Encryption = new()
            {
                Mode = EncryptionMode.Recipients,
                Recipients = [Key.Recipient.ToString()],
                EncryptSnapshots = true,
            },
        };
        await UntilAsync(() => Node.Queue.Find(task.Id) is null);
        Assert.Null((await EndedAsync(Node.BackUp(new(task.Database, settings, kind, null), "tester"))).Error);
    }

    /// <summary>Keys of the objects below a prefix.</summary>
    protected List<string> Keys(string prefix)
    {
        lock (Store.Bucket().Lock)
        {
            return [.. Store.Bucket().Objects.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];
        }
    }

    /// <summary>Deletes objects as somebody else would.</summary>
    protected void Delete(IEnumerable<string> keys)
    {
        lock (Store.Bucket().Lock)
        {
            foreach (var key in keys.ToList())
            {
                Store.Bucket().Objects.Remove(key);
            }
        }
    }
}

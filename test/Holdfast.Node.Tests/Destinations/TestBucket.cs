using System.Text.Json;
using Holdfast.Core.Settings;
using Holdfast.Destinations;
using Holdfast.Destinations.S3;
using Holdfast.Node.Destinations;
using Holdfast.Testing.S3;

namespace Holdfast.Node.Tests.Destinations;

/// <summary>A bucket in memory, with a prefix of it opened as a destination.</summary>
internal sealed class TestBucket : IAsyncDisposable
{
    private const string Prefix = "production";

    private TestBucket(S3Stub store, IDestination destination) => (Store, Destination) = (store, destination);

    public S3Stub Store { get; }

    public IDestination Destination { get; }

    /// <summary>Paths of all files but the identity.</summary>
    public IReadOnlyList<string> Files =>
        [.. Store.Bucket().Objects.Keys.Select(k => k[(Prefix.Length + 1)..]).Where(k => k != DestinationIdentity.FileName)];

    /// <summary>Starts a store with an empty, initialized destination.</summary>
    /// <param name="options">How the store behaves.</param>
    /// <param name="time">The store's clock.</param>
    public static async Task<TestBucket> StartAsync(S3StubOptions? options = null, TimeProvider? time = null)
    {
        var store = await S3Stub.StartAsync(options, time);
        var root = Bind(store);
        var id = await root.InitializeAsync(CancellationToken.None);
        var opened = await root.OpenAsync(
            id,
            CancellationToken.None,
            (await root.OpenAsync(id, CancellationToken.None)).Capabilities with
            {
                BatchDelete = store.Options.BatchDelete,
            }
        );
        store.ResetRequests();
        return new(store, opened);
    }

    /// <summary>The settings of a destination in a store.</summary>
    public static Dictionary<string, object> Settings(S3Stub store) =>
        new()
        {
            ["bucket"] = S3Stub.DefaultBucket,
            ["prefix"] = Prefix,
            ["endpoint"] = store.Endpoint,
            ["accessKey"] = S3Stub.Credentials.AccessKey,
        };

    /// <summary>The definition of the destination <c>offsite</c> in this bucket.</summary>
    /// <param name="more">Further settings.</param>
    public DestinationConfig Define(params (string Name, object Value)[] more)
    {
        var settings = Settings(Store);
        settings["secretKey"] = S3Stub.Credentials.SecretKey;
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }
        return new()
        {
            Name = "offsite",
            Kind = "s3",
            Settings = settings.ToDictionary(s => s.Key, s => JsonSerializer.SerializeToElement(s.Value), StringComparer.Ordinal),
        };
    }

    /// <summary>Stores a small file.</summary>
    public async Task PutAsync(string path)
    {
        await using var upload = await Destination.BeginUploadAsync(path, CancellationToken.None);
        await upload.WriteAsync("content"u8.ToArray(), CancellationToken.None);
        await Destination.PublishAsync([upload], CancellationToken.None);
    }

    /// <summary>Starts an upload in parts, and leaves it as a kill would.</summary>
    /// <returns>Its id.</returns>
    public string Abandon(string path, DateTimeOffset started, DateTimeOffset? part = null)
    {
        var upload = new Holdfast.Testing.S3.Storage.StoredUpload(Guid.NewGuid().ToString("N"), $"{Prefix}/{path}", started);
        if (part is { } stored)
        {
            upload.Parts[1] = new()
            {
                Content = [new byte[10]],
                ETag = "part",
                Modified = stored,
            };
        }
        Store.Bucket().Uploads.Add(upload.Id, upload);
        return upload.Id;
    }

    public async ValueTask DisposeAsync()
    {
        await Destination.DisposeAsync();
        await Store.DisposeAsync();
    }

    private static IDestinationRoot Bind(S3Stub store)
    {
        var context = new SettingsContext();
        var settings = new SettingsSection(context, "", JsonSerializer.SerializeToElement(Settings(store)));
        var secrets = DestinationSecrets.From(new Dictionary<string, string> { ["secretKey"] = S3Stub.Credentials.SecretKey });
        return new S3DestinationFactory(new()).Bind(settings, secrets)
            ?? throw new InvalidOperationException(string.Join(' ', context.Errors));
    }
}

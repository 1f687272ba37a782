using Holdfast.Core.Kinds;
using Holdfast.Core.Settings;
using Holdfast.Destinations;
using Holdfast.Destinations.Local;

namespace Holdfast.Api.Tests.Kinds;

/// <summary>A kind of destination that the product does not have: buckets, whose names are not paths.</summary>
/// <param name="folder">The folder that contains the buckets.</param>
internal sealed class BucketFactory(string folder) : DestinationFactory
{
    public override DestinationKind Description { get; } =
        new()
        {
            Kind = "bucket",
            Label = "Bucket",
            Summary = "A bucket in a folder of buckets.",
            Form = new(
                "Add a bucket",
                [
                    new("bucket", "Bucket") { IsRequired = true, IsLocation = true },
                    new("parts", "Parts", FormFieldType.Number)
                    {
                        Section = FormSection.Advanced,
                        Min = 1,
                        Max = 100,
                    },
                ]
            ),
        };

    public override IDestinationRoot? Bind(SettingsSection settings, DestinationSecrets secrets)
    {
        var (bucket, parts) = (settings.GetRequiredString("bucket"), settings.GetInteger("parts", 1, 100));
        if (bucket.Contains('/', StringComparison.Ordinal))
        {
            settings.Report("bucket", $"'{bucket}' is not the name of a bucket.", "Leave out the '/'.");
        }
        return bucket.Length > 0 && parts is null or > 0 ? new BucketRoot(bucket, Path.Combine(folder, "buckets", bucket)) : null;
    }

    private sealed class BucketRoot(string bucket, string path) : IDestinationRoot
    {
        private readonly LocalDriver _driver = new();

        public string Name => $"bucket://{bucket}";

        public string LocationKey => "bucket";

        public Task<IDestinationRoot> ResolveAsync(CancellationToken cancellationToken) => Task.FromResult<IDestinationRoot>(this);

        public Task<string> InitializeAsync(CancellationToken cancellationToken)
        {
            Directory.CreateDirectory(path);
            return _driver.InitializeAsync(path, cancellationToken);
        }

        public Task<string?> FindIdentityAsync(CancellationToken cancellationToken) => _driver.FindIdentityAsync(path, cancellationToken);

        public async Task<IDestination> OpenAsync(
            string? identity,
            CancellationToken cancellationToken,
            DestinationCapabilities? capabilities = null
        ) => new Bucket(Name, await _driver.OpenAsync(path, identity, cancellationToken));

        public bool Contains(IDestinationRoot other) => other.Name == Name;
    }
}

using System.Reflection;
using System.Text.Json;
using Holdfast.Core.Settings;
using Holdfast.Destinations.S3.Settings;
using Holdfast.Destinations.S3.Tests.Support;
using Holdfast.Testing.S3;

namespace Holdfast.Destinations.S3.Tests;

/// <summary>Names of buckets: AWS has rules, other stores have rules of their own.</summary>
public sealed class SettingsTests
{
    private const string Other = "https://s3.example.com";

    public static TheoryData<string, string?, bool> Buckets =>
        new()
        {
            { "backups", null, true },
            { "ab", null, false },
            { "ab", "https://s3.eu-central-1.amazonaws.com", false },
            { "ab", Other, true },
            { "a", Other, true },
            { new string('a', 255), Other, true },
            { new string('a', 256), Other, false },
            { ".", Other, false },
            { "..", Other, false },
            { "a/b", Other, false },
            { "s3://a", Other, false },
            { "a b", Other, false },
        };

    [Theory]
    [MemberData(nameof(Buckets))]
    public void A_bucket_has_a_name_that_its_store_may_accept(string bucket, string? endpoint, bool isValid)
    {
        var values = new Dictionary<string, string> { ["bucket"] = bucket, ["accessKey"] = "A" };
        if (endpoint is not null)
        {
            values["endpoint"] = endpoint;
        }
        var context = new SettingsContext();
        var section = new SettingsSection(context, "", JsonSerializer.SerializeToElement(values));
        var config = S3Config.Read(section, DestinationSecrets.From(new Dictionary<string, string> { ["secretKey"] = "s" }));
        Assert.Equal(isValid, config is not null);
        Assert.True(isValid || Assert.Single(context.Errors).Field == "bucket");
    }

    // A form that lacks one would remove it when a definition is saved.
    [Fact]
    public void Every_setting_has_a_field_in_the_form()
    {
        var keys = typeof(S3Config)
            .GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Where(f => f.IsLiteral && f.Name.EndsWith("Key", StringComparison.Ordinal))
            .Select(f => (string)f.GetRawConstantValue()!)
            .ToList();
        Assert.True(keys.Count >= 16);
        Assert.Equal(keys.Order(), S3Form.Description.Form.Fields.Select(f => f.Name).Intersect(keys).Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(255)]
    public async Task A_bucket_with_a_short_or_long_name_works(int length)
    {
        await using var stub = await S3Stub.StartAsync();
        var name = new string('b', length);
        stub.CreateBucket(name);
        await using var destination = await StubDestinations.OpenAsync(StubDestinations.Config(stub) with { Bucket = name });
        await destination.PublishAsync("file", [1]);
        Assert.Equal([1], await destination.ReadAsync("file"));
        Assert.Single(
            await destination.ListAsync("", TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)
        );
    }
}

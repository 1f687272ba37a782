using System.Text;
using Holdfast.Archive.Age;
using Holdfast.Core.Errors;
using Holdfast.Node.Secrets;

namespace Holdfast.Node.Tests.Secrets;

public sealed class SecretStoreTests : IAsyncLifetime
{
    private readonly MemoryStore _store = new();
    private readonly AgeIdentity _key = AgeIdentity.Generate();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_secret_is_stored_as_an_age_file_and_can_be_read_back()
    {
        var secrets = Secrets(_key);
        await secrets.PutAsync("templates/1/key", "planted secret", Token);
        Assert.Equal("planted secret", await secrets.FindAsync("templates/1/key", Token));
        var bytes = (await _store.GetAsync("secrets/templates/1/key", Token))!.Value.ToArray();
        Assert.StartsWith("age-encryption.org/v1\n", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
        Assert.DoesNotContain("planted", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_nodes_that_a_secret_is_encrypted_to_can_read_it()
    {
        var other = AgeIdentity.Generate();
        await Secrets(_key, other).PutAsync("a", "text", Token);
        Assert.Equal("text", await Secrets(other).FindAsync("a", Token));
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Secrets(AgeIdentity.Generate()).FindAsync("a", Token));
        Assert.Equal(ErrorCatalog.KeyWrong, failure.Error);
        Assert.DoesNotContain("text", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_listed_by_name_and_removed()
    {
        var secrets = Secrets(_key);
        foreach (var name in (string[])["database-keys/b", "database-keys/a", "other"])
        {
            await secrets.PutAsync(name, "x", Token);
        }
        Assert.Equal(["a", "b"], await secrets.NamesAsync("database-keys/", Token));
        await secrets.DeleteAsync("database-keys/a", Token);
        await secrets.DeleteAsync("database-keys/a", Token);
        Assert.Null(await secrets.FindAsync("database-keys/a", Token));
        Assert.Equal(["b"], await secrets.NamesAsync("database-keys/", Token));
    }

    private SecretStore Secrets(AgeIdentity key, params AgeIdentity[] others) =>
        new(_store, key, [key.Recipient, .. others.Select(o => o.Recipient)]);
}

using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Node.Secrets;

namespace Holdfast.Node.Tests.Secrets;

/// <summary>Keys that a command of the operator prints.</summary>
public sealed class KeyCommandTests : IAsyncLifetime
{
    private static readonly string Key = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    private readonly MemoryStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_command_provides_the_keys_of_databases_that_match_its_glob()
    {
        var keys = Keys($"echo {Key}");
        Assert.Equal(Key, Convert.ToBase64String((await keys.FindAsync(new("demo", "hr/pay.db"), Token))!.Raw!));
        Assert.Null(await keys.FindAsync(new("demo", "other.db"), Token));
        Assert.Equal(["demo/hr/*"], await keys.PatternsAsync(Token));
    }

    [Fact]
    public async Task A_command_can_print_a_passphrase() =>
        Assert.Equal(
            "four words in a row",
            (await Keys("echo 'passphrase: four words in a row'").FindAsync(new("demo", "hr/pay.db"), Token))!.Passphrase
        );

    [Fact]
    public async Task A_given_key_takes_precedence_over_a_command()
    {
        var keys = Keys("exit 1");
        await keys.PutAsync("demo/hr/*", DatabaseKey.FromPassphrase("given"), Token);
        Assert.Equal("given", (await keys.FindAsync(new("demo", "hr/pay.db"), Token))!.Passphrase);
        await keys.DeleteAsync("demo/hr/*", Token);
        Assert.Empty(await keys.StoredPatternsAsync(Token));
        Assert.NotEmpty(await keys.PatternsAsync(Token));
    }

    [Theory]
    [InlineData("echo planted; exit 3", "exit code 3")]
    [InlineData("true", "prints nothing")]
    [InlineData("head -c 10000 /dev/zero | tr '\\0' p", "more than 4096")]
    [InlineData("echo planted-no-key", "is not a key")]
    public async Task A_command_that_prints_no_key_fails_without_showing_its_output(string script, string expected)
    {
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => Keys(script).FindAsync(new("demo", "hr/pay.db"), Token));
        Assert.Equal(ErrorCatalog.KeyMissing, failure.Error);
        Assert.Contains("'vault'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_command_is_reported()
    {
        var command = new KeyCommand("vault", ["/nowhere/vault"]);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => command.RunAsync(Token));
        Assert.Contains("/nowhere/vault", failure.Message, StringComparison.Ordinal);
    }

    private DatabaseKeys Keys(string script)
    {
        var own = AgeIdentity.Generate();
        return new(
            new SecretStore(_store, own, [own.Recipient]),
            new Dictionary<string, KeyCommand> { ["demo/hr/*"] = new("vault", ["/bin/sh", "-c", script]) }
        );
    }
}

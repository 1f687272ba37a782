using Holdfast.Core.Errors;
using Holdfast.State.Etcd.Tests.Support;
using Holdfast.Testing.Etcd;

namespace Holdfast.State.Etcd.Tests;

/// <summary>Certificates, users and rights.</summary>
public sealed class AccessTests : OwnEtcd
{
    [Fact]
    public async Task TLS_with_a_certificate_of_the_node_works()
    {
        await StartAsync(new() { Tls = true });
        await using var store = EtcdStateStore.Open(Secure, TimeProvider.System);
        await store.CommitAsync(new() { Changes = [new("a", "1"u8.ToArray())] }, Token);
        Assert.NotNull(await store.GetAsync("a", Token));
    }

    [Fact]
    public async Task A_member_that_no_trusted_authority_has_signed_is_refused()
    {
        await StartAsync(new() { Tls = true });
        var other = new EtcdCertificates(Directory.CreateDirectory(Path.Combine(Cluster.Folder, "other")).FullName);
        await other.CreateAsync();
        await AssertRefusedAsync(Secure with { CaFile = other.Authority }, "certificate");
        await AssertRefusedAsync(Secure with { CaFile = null }, "certificate");
    }

    [Fact]
    public async Task A_renewed_certificate_is_used_without_a_restart()
    {
        await StartAsync(new() { Tls = true });
        // The first one is of an authority that etcd does not know.
        var other = new EtcdCertificates(Directory.CreateDirectory(Path.Combine(Cluster.Folder, "other")).FullName);
        await other.CreateAsync();
        var settings = Secure with { CertificateFile = other.ClientCertificate, KeyFile = other.ClientKey };
        await using var store = EtcdStateStore.Open(settings, TimeProvider.System);
        await Assert.ThrowsAsync<HoldfastException>(() => store.GetAsync("a", Token));
        File.Copy(Cluster.Certificates.ClientKey, other.ClientKey, overwrite: true);
        File.Copy(Cluster.Certificates.ClientCertificate, other.ClientCertificate, overwrite: true);
        File.SetLastWriteTimeUtc(other.ClientCertificate, File.GetLastWriteTimeUtc(other.ClientCertificate).AddSeconds(1));
        Assert.Null(await store.GetAsync("a", Token));
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_is_named()
    {
        await StartAsync(new() { Tls = true });
        var file = Path.Combine(Cluster.Folder, "text.pem");
        await File.WriteAllTextAsync(file, "text", Token);
        var failure = Assert.Throws<HoldfastException>(() =>
            EtcdStateStore.Open(Secure with { CertificateFile = file }, TimeProvider.System)
        );
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_with_the_least_role_suffices_and_sees_nothing_else()
    {
        var settings = await StartWithUsersAsync();
        await using var store = EtcdStateStore.Open(settings, TimeProvider.System);
        await using var watcher = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        await using (var lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(60), Token))
        {
            await store.CommitAsync(new() { Changes = [new("a", "1"u8.ToArray(), lease.Id)] }, Token);
            Assert.True(await watcher.MoveNextAsync());
        }
        Assert.Null(await store.GetAsync("a", Token));
        await store.CheckAsync(Token);
        await AssertRefusedAsync(settings with { Name = "other" }, "permission denied");
    }

    [Fact]
    public async Task A_token_that_etcd_no_longer_knows_is_renewed()
    {
        var settings = await StartWithUsersAsync();
        await using var store = EtcdStateStore.Open(settings, TimeProvider.System);
        await store.CommitAsync(new() { Changes = [new("a", "1"u8.ToArray())] }, Token);
        await using var watcher = store.WatchAsync("", Token).GetAsyncEnumerator(Token);
        Assert.True(await watcher.MoveNextAsync());
        await Cluster.Members[0].KillAsync(); // tokens are in its memory
        Cluster.Start(Cluster.Members[0]);
        await WaitUntilAsync(() => store.CommitAsync(new() { Changes = [new("a", "2"u8.ToArray())] }, Token));
        Assert.True(await watcher.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token));
    }

    [Fact]
    public async Task A_wrong_password_is_an_error_that_does_not_repeat_it()
    {
        var settings = await StartWithUsersAsync();
        await File.WriteAllTextAsync(settings.PasswordFile!, "wrong-4711", Token);
        var failure = await AssertRefusedAsync(settings, "refuses the user 'holdfast'");
        Assert.DoesNotContain("4711", failure.ToString(), StringComparison.Ordinal);
        await AssertRefusedAsync(settings with { PasswordFile = "/no/such/file" }, "'/no/such/file'");
    }

    private EtcdSettings Secure =>
        new()
        {
            Name = "prod",
            Endpoints = Cluster.Endpoints,
            CaFile = Cluster.Certificates.Authority,
            CertificateFile = Cluster.Certificates.ClientCertificate,
            KeyFile = Cluster.Certificates.ClientKey,
            CallTimeout = TimeSpan.FromSeconds(2),
        };

    private async Task<EtcdSettings> StartWithUsersAsync()
    {
        await StartAsync(new());
        string[][] commands =
        [
            ["role", "add", "holdfast"],
            ["role", "grant-permission", "holdfast", "--prefix=true", "readwrite", "/holdfast/prod/"],
            ["user", "add", "holdfast:test-password-0001"],
            ["user", "grant-role", "holdfast", "holdfast"],
            ["user", "add", "root:test-password-0002"],
            ["user", "grant-role", "root", "root"],
            ["auth", "enable"],
        ];
        foreach (var command in commands)
        {
            await Cluster.ControlAsync(Cluster.Members[0], command, Token);
        }
        var password = Path.Combine(Cluster.Folder, "password");
        await File.WriteAllTextAsync(password, "test-password-0001\n", Token);
        return new()
        {
            Name = "prod",
            Endpoints = Cluster.Endpoints,
            User = "holdfast",
            PasswordFile = password,
            CallTimeout = TimeSpan.FromSeconds(2),
        };
    }

    private static async Task<HoldfastException> AssertRefusedAsync(EtcdSettings settings, string reason)
    {
        await using var store = EtcdStateStore.Open(settings, TimeProvider.System);
        var failure = await Assert.ThrowsAsync<HoldfastException>(() => store.GetAsync("a", Token));
        Assert.Equal(ErrorCatalog.StateUnavailable, failure.Error);
        Assert.Contains(reason, failure.Message, StringComparison.OrdinalIgnoreCase);
        return failure;
    }

    private static async Task WaitUntilAsync(Func<Task> action)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await action();
                return;
            }
            catch (HoldfastException) when (attempt < 10)
            {
                // it starts
            }
        }
    }
}

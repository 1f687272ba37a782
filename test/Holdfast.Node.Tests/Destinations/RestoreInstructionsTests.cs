using System.Security.Cryptography;
using Holdfast.Destinations.Local;
using Holdfast.Node.Destinations;

namespace Holdfast.Node.Tests.Destinations;

public sealed class RestoreInstructionsTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("holdfast-test-").FullName;
    private LocalDestination _destination = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Script => $"{_root}/restore.py";

    public ValueTask InitializeAsync()
    {
        _destination = LocalDestination.Open(_root, create: false);
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _destination.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("#!/usr/bin/env python3\n# as 0.1 wrote it\n", true)]
    [InlineData("#!/usr/bin/env python3\nVERSION = 1\n", true)]
    [InlineData("#!/usr/bin/env python3\nVERSION = 999\n", false)]
    public async Task A_script_is_replaced_by_a_newer_one_and_never_by_an_older_one(string script, bool isReplaced)
    {
        await File.WriteAllTextAsync(Script, script, Token);
        await File.WriteAllTextAsync($"{_root}/HOW-TO-RESTORE.txt", "with notes of ours", Token);
        await RestoreInstructions.EnsureAsync(_destination, Token);
        Assert.Equal(isReplaced, await File.ReadAllTextAsync(Script, Token) != script);
        Assert.Equal("with notes of ours", await File.ReadAllTextAsync($"{_root}/HOW-TO-RESTORE.txt", Token));
    }

    [Fact]
    public async Task A_script_of_the_same_version_is_not_replaced()
    {
        await RestoreInstructions.EnsureAsync(_destination, Token);
        await File.AppendAllTextAsync(Script, "# ours", Token);
        await RestoreInstructions.EnsureAsync(_destination, Token);
        Assert.EndsWith("# ours", await File.ReadAllTextAsync(Script, Token), StringComparison.Ordinal);
    }

    /// <summary>
    /// If you change <c>eng/restore.py</c>, increment its VERSION, and enter the new version and hash here. Otherwise existing
    /// destinations keep the old script.
    /// </summary>
    [Fact]
    public async Task A_changed_script_has_another_version()
    {
        await RestoreInstructions.EnsureAsync(_destination, Token);
        var script = await File.ReadAllBytesAsync(Script, Token);
        Assert.Equal(
            (4, "b48b44eeadc8e56dbc519be2a6149e4494be5affb5f7ff9a198191161aa93546"),
            (RestoreInstructions.VersionOf(script), Convert.ToHexStringLower(SHA256.HashData(script)))
        );
    }
}

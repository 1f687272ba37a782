namespace Holdfast.EndToEnd;

/// <summary>The demonstration of <c>make run</c> works.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task The_demonstration_for_newcomers_configures_covers_backs_up_restores_and_verifies()
    {
        Assert.SkipUnless(Child.Has("sqlite3") && Child.Has("python3"), "sqlite3 or python3 is missing.");
        using var place = new Workspace();
        var demo = $"{place.Root}/demo";
        var output = await Child.ShellAsync(
            $"RUN_ONCE=1 HOLDFAST_LISTEN=http://127.0.0.1:0 HOLDFAST_BIN='{Path.GetDirectoryName(Child.Holdfast)}' eng/run.sh "
                + $"'{demo}' 2>&1",
            RepositoryRoot.Folder
        );
        foreach (
            var line in (string[])
                [
                    "1. Saved the server-wide backup task",
                    "2. Each database has its task",
                    "3. Backed up every database once",
                    "4. Restored demo/orders.db as demo/orders-restored.db",
                    "5. Verified",
                    "6. Restored main/shop as main/shop-restored",
                    "Holdfast serves at http://127.0.0.1:",
                    $"{demo}/server/admin-password",
                ]
        )
        {
            Assert.Contains(line, output, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("AGE-SECRET-KEY", output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            (await File.ReadAllTextAsync($"{demo}/token", TestContext.Current.CancellationToken)).Trim(),
            output,
            StringComparison.Ordinal
        );
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{demo}/backup.key"));
        Assert.Contains(
            "Application is shutting down",
            await File.ReadAllTextAsync($"{demo}/server.log", TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }
}

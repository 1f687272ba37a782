using Holdfast.Testing.S3;

namespace Holdfast.Docs.Tests;

/// <summary>The commands in the docs work.</summary>
public sealed class CommandTests
{
    public static TheoryData<string> Pages => [.. Page.All().Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_command_of_a_page_works(string page)
    {
        Assert.SkipUnless(Shell.HasCiphers, "SQLite3 Multiple Ciphers is not built, so the encrypted sample is missing.");
        // Pages with URLs are read on a machine whose environment names a store.
        await using var store = await S3Stub.StartAsync();
        using var shell = new Shell();
        shell.Environment["AWS_ENDPOINT_URL_S3"] = store.Endpoint;
        shell.Environment["AWS_ACCESS_KEY_ID"] = S3Stub.Credentials.AccessKey;
        shell.Environment["AWS_SECRET_ACCESS_KEY"] = S3Stub.Credentials.SecretKey;
        foreach (var block in Page.Read(page).Blocks)
        {
            var (exitCode, output) = await shell.RunAsync(block, TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, $"{page}: exit code {exitCode} from\n{block}\n{output}");
        }
    }

    [Fact]
    public void The_page_of_the_command_and_the_readme_contain_commands() =>
        Assert.Superset(new HashSet<string> { "README.md", "docs/cli.md" }, Pages.Select(p => p.Data).ToHashSet());
}

namespace Holdfast.Api.Tests;

/// <summary>The API lists the files that discovery skips.</summary>
public sealed class SkippedFilesTests
{
    [Fact]
    public async Task Skipped_files_are_listed_with_the_reason_and_counted()
    {
        await using var server = await ApiServer.StartAsync("a.db");
        await File.WriteAllTextAsync(Path.Combine(server.Source, "notes.txt"), "no database", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(server.Source, "link.db"), Path.Combine(server.Source, "a.db"));
        await server.DiscoverAsync();
        var answer = (await server.GetAsync("sources/demo/passed-over")).Json();
        Assert.Equal(1, (int?)answer["counts"]!["NotADatabase"]);
        Assert.Equal(1, (int?)answer["counts"]!["Link"]);
        Assert.Equal(
            [("notes.txt", "NotADatabase"), ("link.db", "Link")],
            ApiServer.Items(answer).Select(i => ((string)i["name"]!, (string)i["reason"]!)).Where(i => i.Item2 != "OwnFile")
        );
        Assert.Equal(2, (int?)(await server.GetAsync("sources/demo")).Json()["passedOver"]);
        (await server.GetAsync("sources/none/passed-over")).Problem(404, "not-found");
    }
}

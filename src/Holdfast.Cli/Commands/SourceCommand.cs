using System.CommandLine;
using System.Text.Json.Nodes;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast source</c>: what the server is attached to.</summary>
internal static class SourceCommand
{
    public static Command Create() => new Command("source", "What the server is attached to, as its configuration says.") { ListCommand(), Look() }.OverServer();

    private static Command ListCommand() => new Command("list", "List sources.").Does(async (parsed, api, console, cancellationToken) => Tell(console, await api.ListAsync("sources", cancellationToken)));

    private static Command Look()
    {
        var names = new Argument<string[]>("NAME") { Description = "Names of sources; default: all.", Arity = ArgumentArity.ZeroOrMore };
        return new Command("look", "Look for databases now.") { names }.Does(async (parsed, api, console, cancellationToken) =>
        {
            var wanted = parsed.GetValue(names) is { Length: > 0 } some ? some : [.. (await api.ListAsync("sources", cancellationToken)).Select(s => s.Text("name"))];
            var looked = new JsonArray();
            foreach (var name in wanted) looked.Add((await api.PostAsync($"sources/{ApiClient.Part(name)}/look", null, cancellationToken)).DeepClone());
            return Tell(console, looked);
        });
    }

    private static int Tell(CommandConsole console, JsonArray sources)
    {
        var broken = sources.Any(s => s?["problem"] is not null);
        ClientVerb.List(console, sources, "No sources.", ["NAME", "ENGINE", ">DATABASES", "LAST LOOK", "PROBLEM"], s => [(s.Text("name"), null), (s.Text("engine"), null), (s.Text("databases"), null), (s.Time("lastLook"), null), (s.Find("problem", "message") ?? "", "red")]);
        return broken ? 1 : 0;
    }
}

using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Core.Databases;
using Holdfast.Engines;
using Holdfast.Engines.Sqlite;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast databases</c>: what a backup of a source would cover.</summary>
internal static class DatabasesCommand
{
    public static Command Create()
    {
        var (source, encrypted) = (SharedOptions.Source(), SharedOptions.Encrypted());
        var command = new Command("databases", "List every database of a source.") { source, encrypted };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var attached = new SqliteEngine(TimeProvider.System).Attach(SharedOptions.SourceConfig(parsed.GetRequiredValue(source), parsed.GetValue(encrypted) ?? []));
            var found = new List<DatabaseView>();
            await foreach (var database in attached.DiscoverAsync(cancellationToken))
            {
                found.Add(new(new DatabaseId(attached.Name, database.Name).ToString(), attached.Name, database.Name, database.SizeBytes, Word(database.Encryption), database.Problem is null ? null : ErrorView.Of(database.Problem)));
            }

            var console = SharedOptions.Console(parsed);
            if (console.IsJson) CommandConsole.Json(new(found), CliJson.Default.ItemsViewDatabaseView);
            else if (found.Count == 0) console.Line("No databases found.");
            else console.Table(["DATABASE", ">SIZE", "ENCRYPTED", "PROBLEM"], [.. found.Select(Row)]);
            return found.Exists(d => d.Error is not null) ? 1 : 0;
        });
        return command;
    }

    private static string Word(EncryptionState state) => state switch
    {
        EncryptionState.No => "no",
        EncryptionState.Yes => "yes",
        _ => "maybe",
    };

    private static (string, string?)[] Row(DatabaseView d) => [(d.Name, null), (Words.Bytes(d.SizeBytes), null), (d.Encryption, d.Encryption == "maybe" ? "yellow" : null), (d.Error?.Message ?? "", "red")];
}

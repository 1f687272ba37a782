using System.CommandLine;
using Holdfast.Cli.Locations;
using Holdfast.Cli.Output;
using Holdfast.Node.Catalog.Search;
using Holdfast.Node.Extraction;
using Holdfast.Node.RestorePoints;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast extract</c>: writes the items of a restore point as plain files.</summary>
internal static class ExtractCommand
{
    public static Command Create()
    {
        var (path, keyOptions, point, allow) = (
            SharedOptions.Path(),
            new KeyOptions(),
            RestoreCommand.Point(),
            SharedOptions.AllowMismatch()
        );
        var target = new Option<string>("--to")
        {
            Description = "Folder for the files; created if missing. Nothing is overwritten.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("extract", "Write the items of one point as plain files, incrementals joined with their chain.")
        {
            path,
            target,
            point,
            LocationOptions.SettingsFile,
            keyOptions.All,
            allow,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var console = SharedOptions.Console(parsed);
                var keys = keyOptions.Read(parsed);
                var stored = await LocationOptions.ResolveAsync(parsed, parsed.GetRequiredValue(path), cancellationToken);
                var found = await RestorePointFinder.FindAsync(stored, parsed.GetValue(point), keys, cancellationToken);
                await using var reader = await RestorePointReader.OpenAsync(stored.Destination, found, keys, cancellationToken);
                await SharedOptions.CheckLayoutAsync(stored, found, reader, keys, parsed.GetValue(allow), console, cancellationToken);
                var files = await Extractor.ExtractAsync(reader, Path.GetFullPath(parsed.GetRequiredValue(target)), cancellationToken);
                if (console.IsJson)
                {
                    CommandConsole.WriteJson(new(files, reader.Point.Header.Id, reader.Archives.Count), CliJson.Default.ExtractView);
                }
                foreach (var file in files)
                {
                    console.WriteLine(file);
                }
                return 0;
            }
        );
        return command;
    }
}

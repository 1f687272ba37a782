using System.CommandLine;

namespace Holdfast.Cli.Commands;

/// <summary>Adds options that belong together to a verb.</summary>
internal static class CommandExtensions
{
    /// <summary>Adds options in their order.</summary>
    public static void Add(this Command command, IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            command.Add(option);
        }
    }
}

using Holdfast.Core.Errors;

namespace Holdfast.Cli.Output;

/// <summary>Asks the user at the terminal.</summary>
internal static class TerminalPrompt
{
    /// <summary>Asks for a line.</summary>
    /// <param name="question">The question.</param>
    /// <param name="otherwise">The hint if standard input is not a terminal.</param>
    public static string Prompt(string question, string otherwise)
    {
        WriteQuestion(question, otherwise);
        return Console.ReadLine()?.Trim() ?? "";
    }

    /// <summary>Asks for a secret, which is not shown while it is typed.</summary>
    /// <param name="question">The question.</param>
    /// <param name="otherwise">The hint if standard input is not a terminal.</param>
    public static string PromptSecret(string question, string otherwise)
    {
        WriteQuestion(question, otherwise);
        var typed = new System.Text.StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }

    private static void WriteQuestion(string question, string otherwise)
    {
        if (Console.IsInputRedirected)
        {
            throw new HoldfastException(ErrorCatalog.Usage, "Cannot ask for input: standard input is not a terminal.", otherwise);
        }
        Console.Error.Write(question);
    }
}

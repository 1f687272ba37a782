namespace Holdfast.Cli.Output.Views;

/// <summary>The signed-in user, and the path of the file with the token.</summary>
internal sealed record LoginView(string Server, string User, string Role, string File);

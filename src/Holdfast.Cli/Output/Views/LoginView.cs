namespace Holdfast.Cli.Output.Views;

/// <summary>Who is signed in, and where the token lies.</summary>
internal sealed record LoginView(string Server, string User, string Role, string File);

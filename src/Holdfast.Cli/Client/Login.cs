using System.Text.Json;
using Holdfast.Archive;
using Holdfast.Cli.Output;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;

namespace Holdfast.Cli.Client;

/// <summary>The file of <c>holdfast login</c>: a server, and an API token for this machine.</summary>
/// <param name="Server">Address of the server.</param>
/// <param name="User">Name of the user who signed in.</param>
/// <param name="TokenId">Id of the token, for deleting it.</param>
/// <param name="Token">The token.</param>
internal sealed record Login(string Server, string User, string TokenId, string Token)
{
    private const int MaxBytes = 16 << 10;

    /// <summary>Path of the file: <c>$XDG_CONFIG_HOME/holdfast/login.json</c>, or below <c>~/.config</c>.</summary>
    public static string FilePath { get; } =
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } folder && Path.IsPathRooted(folder)
                ? folder
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "holdfast",
            "login.json"
        );

    /// <summary>Loads the login of this user; returns null if there is none.</summary>
    /// <exception cref="HoldfastException">The file is damaged, or other users can read it.</exception>
    public static Login? Load()
    {
        if (!File.Exists(FilePath))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(PrivateFile.Read(FilePath, "Login file", MaxBytes), CliJson.Default.Login);
        }
        catch (JsonException e)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"Login file '{FilePath}' is damaged.",
                "Sign in again with holdfast login.",
                e
            );
        }
    }

    /// <summary>Saves the login, replacing the previous one.</summary>
    public void Save()
    {
        try
        {
            FolderFlush.CreateFolder(
                Path.GetDirectoryName(FilePath)!,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
            PrivateFile.Write(FilePath, JsonSerializer.SerializeToUtf8Bytes(this, CliJson.Default.Login));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"Login file '{FilePath}' cannot be written: {e.Message}",
                "Set XDG_CONFIG_HOME to use another folder.",
                e
            );
        }
    }

    /// <summary>Deletes the file.</summary>
    public static void Delete() => File.Delete(FilePath);

    /// <summary>Leaves out the token.</summary>
    public override string ToString() => $"{nameof(Login)} of {User} at {Server}";
}

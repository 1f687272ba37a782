using System.Text;
using Holdfast.Api.Access;
using Holdfast.Core.Errors;
using Holdfast.Server.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Access.Users;

/// <summary>Creates the first user, with a password that only somebody who can read the files of the server can know.</summary>
internal sealed partial class InitialAdminSetup(UserStore users, DataFolder data, ILogger<InitialAdminSetup> logger)
    : IHostedLifecycleService
{
    public const string UserName = "admin";

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var first = users.Users.Items.FirstOrDefault(u => u.Value.HasFirstPassword);
        if (users.Users.Count > 0 && first is null)
        {
            File.Delete(data.InitialPasswordFile); // the password was changed, but the server stopped before it deleted the file
            return;
        }

        // If the file is lost, nobody could sign in, so create a new password.
        if (first is null || !File.Exists(data.InitialPasswordFile))
        {
            await CreateAsync(first?.Revision ?? 0, cancellationToken);
        }
        LogPassword(UserName, data.InitialPasswordFile);
    }

    /// <summary>Deletes the password file once no user has that password.</summary>
    public static void DeleteObsoletePasswordFile(UserStore users, DataFolder data)
    {
        if (!users.HasFirstPassword)
        {
            File.Delete(data.InitialPasswordFile);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task CreateAsync(long expected, CancellationToken cancellationToken)
    {
        var password = PasswordService.Generate();
        try
        {
            // before the user: after a crash in between, both are created again
            PrivateFile.Write(data.InitialPasswordFile, Encoding.ASCII.GetBytes(password + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.StateUnavailable,
                $"The initial password cannot be written to '{data.InitialPasswordFile}': {e.Message}",
                "Check that the data folder has free space and belongs to this user.",
                e
            );
        }

        await users.PutAsync(users.New(UserName, Role.Admin, password) with { HasFirstPassword = true }, expected, cancellationToken);
    }

    [LoggerMessage(
        EventId = 6201,
        Level = LogLevel.Warning,
        Message = "Sign in as '{User}' with the one-time password in {Path} and change it. "
            + "Until then, the server only answers requests from this machine."
    )]
    private partial void LogPassword(string user, string path);
}

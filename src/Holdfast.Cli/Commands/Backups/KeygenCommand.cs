using System.CommandLine;
using Holdfast.Archive.Age;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands.Backups;

/// <summary><c>holdfast keygen</c>: generates a key.</summary>
internal static class KeygenCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--out")
        {
            Description = "Write the key to FILE, which must not exist, readable by this user only. Default: print it.",
            HelpName = "FILE",
        };
        var command = new Command("keygen", "Generate a key for backups, like age-keygen, and also print it in Base64.") { file };
        command.SetAction(parsed =>
        {
            var console = SharedOptions.Console(parsed);
            var key = AgeIdentity.Generate();
            var path = parsed.GetValue(file);
            if (path is not null)
            {
                KeyFile.Write(path, key, TimeProvider.System.GetUtcNow());
            }
            if (console.IsJson)
            {
                CommandConsole.WriteJson(
                    new(
                        key.Recipient.ToString(),
                        key.Recipient.KeyId,
                        path,
                        path is null ? key.ToSecretKey() : null,
                        path is null ? key.ToBase64() : null
                    ),
                    CliJson.Default.KeyView
                );
                return 0;
            }

            console.WriteLine($"public key: {key.Recipient}");
            console.WriteLine($"key id:     {key.Recipient.KeyId}");
            if (path is null)
            {
                console.WriteLine($"secret key: {key.ToSecretKey()}");
                console.WriteLine($"in Base64:  {key.ToBase64()}");
            }
            else
            {
                console.WriteLine($"secret key: in {path}");
            }

            console.WriteNote("Keep the secret key in another place than the backups. Without it, they cannot be decrypted.");
            return 0;
        });
        return command;
    }
}

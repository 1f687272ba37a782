using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;

namespace Holdfast.Archive.Age;

/// <summary>
/// A text file of keys, one per line: <c>AGE-SECRET-KEY-1…</c>, Base64 of 32 bytes, 64 hexadecimal digits, or <c>passphrase: …</c>. Empty
/// lines and lines that start with <c>#</c> are ignored, so the output of <c>age-keygen</c> is valid. Error messages never contain the text
/// of a line.
/// </summary>
public static class KeyFile
{
    private const string PassphraseStart = "passphrase: ";
    private const int MaxBytes = 1 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads all keys in the file; none if it contains only comments.</summary>
    /// <exception cref="HoldfastException">
    /// It is missing (<see cref="ErrorCatalog.NotFound"/>) or a line is not a key (<see cref="ErrorCatalog.Usage"/>).
    /// </exception>
    public static AgeKeys Read(string path) => ReadLines(path).Aggregate(AgeKeys.None, (keys, line) => keys.Concat(line));

    /// <summary>Reads the key of a database, which must be the only key in the file.</summary>
    /// <exception cref="HoldfastException">As for <see cref="Read"/>, or the file does not contain exactly one key.</exception>
    public static DatabaseKey ReadDatabaseKey(string path)
    {
        var lines = ReadLines(path);
        if (lines.Count != 1)
        {
            throw Malformed($"Key file '{path}' contains {lines.Count} keys; a database has one.");
        }
        return lines[0].Identities is [var identity]
            ? DatabaseKey.FromRaw(identity.Key.ToArray())
            : DatabaseKey.FromPassphrase(lines[0].Passphrases[0]);
    }

    /// <summary>
    /// Writes a new file in the format of <c>age-keygen</c>, readable by its owner only. It is durable when this returns.
    /// </summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="identity">The key.</param>
    /// <param name="created">Creation time, for the first line.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.TargetExists"/> if the file exists.</exception>
    public static void Write(string path, AgeIdentity identity, DateTimeOffset created)
    {
        var time = created
            .ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture)
            .Replace("+00:00", "Z", StringComparison.Ordinal);
        var text = Encoding.UTF8.GetBytes($"# created: {time}\n# public key: {identity.Recipient}\n{identity.ToSecretKey()}\n");
        try
        {
            WriteWhole(path, text);
        }
        catch (IOException e) when (e is not DirectoryNotFoundException && File.Exists(path))
        {
            throw new HoldfastException(
                ErrorCatalog.TargetExists,
                $"Key file '{path}' already exists.",
                "Choose another name: overwriting a key would make its backups unreadable.",
                e
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.DestinationFailed,
                $"Key file '{path}' cannot be written: {e.Message}",
                innerException: e
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    // Written to a temporary file and then renamed: a concurrent reader sees the complete key or none.
    private static void WriteWhole(string path, byte[] text)
    {
        var partial = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var file = new FileStream(partial, options))
            {
                file.Write(text);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: false);
            FolderFlush.FlushParent(path);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static List<AgeKeys> ReadLines(string path)
    {
        var bytes = ReadBytes(path);
        try
        {
            var keys = new List<AgeKeys>();
            ReadOnlySpan<byte> text = bytes;
            if (text.StartsWith(Encoding.UTF8.Preamble))
            {
                text = text[Encoding.UTF8.Preamble.Length..];
            }
            var number = 0;
            foreach (var range in text.Split((byte)'\n'))
            {
                number++;
                var line = text[range].TrimEnd((byte)'\r');
                if (line.Trim(" \t"u8).IsEmpty || line.TrimStart(" \t"u8)[0] == '#')
                {
                    continue;
                }
                keys.Add(ParseLine(line) ?? throw Malformed($"Line {number} of key file '{path}' is not a key."));
            }

            return keys;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static AgeKeys? ParseLine(ReadOnlySpan<byte> line)
    {
        try
        {
            var text = StrictUtf8.GetString(line);
            if (text.StartsWith(PassphraseStart, StringComparison.Ordinal))
            {
                return text.Length > PassphraseStart.Length ? AgeKeys.None.AddPassphrase(text[PassphraseStart.Length..]) : null;
            }
            return AgeIdentity.TryParse(text.Trim()) is { } identity ? AgeKeys.None.Add(identity) : null;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0 });
            var buffer = new byte[MaxBytes];
            var length = file.ReadAtLeast(buffer, MaxBytes, throwOnEndOfStream: false);
            var bytes = buffer.AsSpan(0, length).ToArray();
            CryptographicOperations.ZeroMemory(buffer);
            return length < MaxBytes ? bytes : throw Malformed($"'{path}' is too long for a key file.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoldfastException(ErrorCatalog.NotFound, $"Key file '{path}' does not exist.", "Check its path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                ErrorCatalog.Usage,
                $"Key file '{path}' cannot be read: {e.Message}",
                "It must be a file that this user may read.",
                e
            );
        }
    }

    private static HoldfastException Malformed(string message) =>
        new(
            ErrorCatalog.Usage,
            message,
            "A line is AGE-SECRET-KEY-1…, Base64 of 32 bytes, 64 hexadecimal digits, 'passphrase: ' and the passphrase, or starts with #."
        );
}

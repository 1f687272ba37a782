using System.Diagnostics;
using Holdfast.Archive.Age;
using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sqlite.Native;
using Holdfast.Engines.Sqlite.Tests;
using Holdfast.Node.Backups;
using DatabaseComparer = Holdfast.Engines.Sqlite.Tests.DatabaseComparer;

namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// Chains of a full backup and 19 incrementals, with edits of every kind in between; every point is restored as the
/// database was at that moment.
/// </summary>
public sealed class ChainTests
{
    private const string Passphrase = "correct horse 'battery' staple";

    // Deriving keys from a passphrase takes a second at each step, so only the soak test has long chains of such
    // databases.
    private const int LastByPassphrase = 2;
    private static readonly int[] Restored = [0, 1, LastByPassphrase, 7, 12, 16, FeatureDatabase.Edits];

    public static TheoryData<BackupType, Secret, int, int, string> Cases()
    {
        var cases = new TheoryData<BackupType, Secret, int, int, string>();
        foreach (var type in (BackupType[])[BackupType.Backup, BackupType.Snapshot])
        {
            cases.Add(type, Secret.None, 4096, 1024, "PRAGMA encoding='UTF-8'; PRAGMA journal_mode=DELETE");
            cases.Add(type, Secret.None, 512, 8192, "PRAGMA encoding='UTF-16le'; PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=WAL");
            cases.Add(
                type,
                Secret.Recipient,
                65536,
                512,
                "PRAGMA encoding='UTF-16be'; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=TRUNCATE"
            );
            cases.Add(type, Secret.Recipient, 1024, 65536, "PRAGMA encoding='UTF-8'; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
            cases.Add(type, Secret.RawKey, 4096, 0, "PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=WAL");
            cases.Add(type, Secret.RawKey, 4096, 0, "PRAGMA encoding='UTF-16le'; PRAGMA journal_mode=PERSIST");
            cases.Add(type, Secret.Passphrase, 4096, 0, "PRAGMA journal_mode=WAL");
        }

        cases.Add(BackupType.Snapshot, Secret.UnknownKey, 4096, 0, "PRAGMA journal_mode=WAL");
        cases.Add(BackupType.Snapshot, Secret.UnknownKey, 4096, 0, "PRAGMA journal_mode=DELETE");
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_point_of_a_chain_is_restored(BackupType type, Secret secret, int pageSize, int newPageSize, string pragmas)
    {
        var key = secret switch
        {
            Secret.RawKey or Secret.UnknownKey => TestFolder.Key,
            Secret.Passphrase => DatabaseKey.FromPassphrase(Passphrase),
            _ => null,
        };
        Assert.SkipWhen(key is not null && !CipherSupport.IsAvailable, "SQLite3 Multiple Ciphers is not built.");
        var seed = Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var watch = Stopwatch.StartNew();
        await using var bench = new Workbench();
        var isWal = pragmas.Contains("=WAL", StringComparison.Ordinal);
        var history = new FeatureDatabase(seed, isWal, pageSize, newPageSize);
        var identity = secret == Secret.Recipient ? AgeIdentity.Generate() : null;
        var keys =
            identity is not null ? AgeKeys.None.Add(identity)
            : key is not null ? AgeKeys.From(key)
            : AgeKeys.None;
        var name = key is null ? "shop/orders.db" : "shop/orders.enc";
        bench.Folder.Make(name, key is null ? $"PRAGMA page_size={pageSize}; {pragmas}" : pragmas, key, history.Create());

        var points = new List<(string Archive, string Copy)>();
        var last = secret == Secret.Passphrase && !Soak.IsOn ? LastByPassphrase : FeatureDatabase.Edits;
        for (var step = 0; step <= last; step++)
        {
            using var application = SqliteConnection.Open(bench.Folder[name], SqliteConstants.OpenReadWrite, key);
            if (isWal && step % 3 == 2)
            {
                application.Execute("PRAGMA wal_autocheckpoint=0");
            }
            if (step > 0)
            {
                application.Execute(history.Edit(step));
            }
            if (step % 2 == 0)
            {
                application.Dispose(); // the other half is backed up while in use, so that its log exists
            }
            var given = secret == Secret.UnknownKey ? null : key;
            var archive = await bench.BackUpWellAsync(
                name,
                type,
                step == 0 ? BackupKind.Full : BackupKind.Incremental,
                identity?.Recipient,
                given
            );
            if (step is 3 or 18)
            {
                Assert.Equal(
                    BackupState.Unchanged,
                    (await bench.BackUpAsync(name, type, BackupKind.Incremental, identity?.Recipient, given)).State
                );
            }
            points.Add((archive, await bench.CopyAsync(name, key)));
        }

        var made = watch.Elapsed;
        foreach (var step in Enumerable.Range(0, points.Count).Where(step => Soak.IsOn || Restored.Contains(step)))
        {
            var (archive, copy) = points[step];
            var database = await bench.RestoreAsync(archive, keys);
            // Checkpointing an encrypted log encrypts the pages again, so bytes can be compared only if there is no
            // log.
            if (type == BackupType.Snapshot && !(key is not null && isWal && step % 2 == 1))
            {
                Assert.True(
                    File.ReadAllBytes(copy).AsSpan().SequenceEqual(File.ReadAllBytes(database)),
                    $"point {step} is not the image of its moment, byte for byte"
                );
            }
            var differences = DatabaseComparer.Differences(copy, database, key);
            Assert.True(differences.Count == 0, $"point {step}: {string.Join('\n', differences)}");
            using var connection = SqliteConnection.Open(database, SqliteConstants.OpenReadWrite, key);
            Assert.Equal("ok", connection.QueryText("PRAGMA integrity_check"));
            connection.Execute("INSERT INTO words(words) VALUES('integrity-check'); SELECT rtreecheck('boxes')");
        }

        Assert.Equal(points.Count, await bench.VerifyAsync(keys));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{points.Count} points made in {made.TotalSeconds:F1} s, restored and verified in {(watch.Elapsed - made).TotalSeconds:F1} s"
        );
    }

    /// <summary>How a database or its archives are encrypted.</summary>
    public enum Secret
    {
        /// <summary>Not at all.</summary>
        None,

        /// <summary>Archives are encrypted to a recipient.</summary>
        Recipient,

        /// <summary>The database is encrypted with a raw key.</summary>
        RawKey,

        /// <summary>The database is encrypted with a passphrase.</summary>
        Passphrase,

        /// <summary>The database is encrypted with a key that its backups do not have.</summary>
        UnknownKey,
    }
}

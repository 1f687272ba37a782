using Google.Protobuf;

namespace Holdfast.State.Etcd;

/// <summary>Where the keys of the state are in etcd: below a prefix of the Holdfast cluster.</summary>
internal sealed class EtcdKeys
{
    private readonly string _entries;

    /// <summary>Creates the names for a cluster.</summary>
    public EtcdKeys(string cluster)
    {
        var root = $"/holdfast/{cluster}/";
        (All, AllEnd) = (ToBytes(root), EndOf(root));
        _entries = $"{root}state/";
        Marker = ToBytes($"{root}revision");
    }

    /// <summary>Prefix of everything in etcd that belongs to the cluster.</summary>
    public ByteString All { get; }

    /// <summary>The first key behind that prefix.</summary>
    public ByteString AllEnd { get; }

    /// <summary>
    /// A key that is put by transactions that would change nothing else, so that they have a revision that every watcher reaches.
    /// </summary>
    public ByteString Marker { get; }

    /// <summary>The key in etcd of an entry, or the prefix in etcd of a prefix.</summary>
    /// <exception cref="ArgumentException">It contains an unpaired surrogate.</exception>
    public ByteString ToEtcd(string key) => ToBytes(_entries + key);

    /// <summary>The first key in etcd behind a prefix.</summary>
    public ByteString EndOfPrefix(string prefix) => EndOf(_entries + prefix);

    /// <summary>The key of an entry; null for a key that is none.</summary>
    public string? FromEtcd(ByteString key)
    {
        var text = key.ToStringUtf8();
        return text.StartsWith(_entries, StringComparison.Ordinal) ? text[_entries.Length..] : null;
    }

    private static ByteString ToBytes(string key) => UnsafeByteOperations.UnsafeWrap(StateLimits.Bytes(key));

    // No byte of UTF-8 is 0xFF, so the last one can always be incremented.
    private static ByteString EndOf(string prefix)
    {
        var end = StateLimits.Bytes(prefix);
        end[^1]++;
        return UnsafeByteOperations.UnsafeWrap(end);
    }
}

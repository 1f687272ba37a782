using System.Security.Cryptography;
using System.Text;
using Holdfast.Core.Operations;
using Holdfast.Node.Places;
using Holdfast.State;

namespace Holdfast.Node.Restores;

/// <summary>Which chains were verified, and what was found. Forgotten with the chain, and when its destination means another place.</summary>
public sealed class ChainChecks
{
    private readonly StateRecords<ChainCheck> _records;

    /// <summary>Makes it, over what is stored.</summary>
    public ChainChecks(StateRecords<ChainCheck> records, StateMirror<DestinationConfig> destinations)
    {
        _records = records;
        destinations.Changed += (name, before, after) =>
        {
            if (before is not null && before.Path != after?.Path) ForgetAll(name);
        };
    }

    /// <summary>What was found last; null where it was never verified.</summary>
    /// <param name="destination">Name of the destination.</param>
    /// <param name="path">Path of the chain there.</param>
    public ChainCheck? Find(string destination, string path) => _records.Find(Key(destination, path));

    /// <summary>Forgets a chain that is there no more.</summary>
    public void Forget(string destination, string path)
    {
        if (Find(destination, path) is not null) _records.Remove(Key(destination, path));
    }

    internal void Set(string destination, string path, ChainCheck check) => _records.Set(Key(destination, path), check);

    // Paths hold names of databases, which may be long: what tells them apart is enough.
    private static string Key(string destination, string path) => $"{destination}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 16))}";

    private void ForgetAll(string destination)
    {
        foreach (var (key, _) in _records.Items.Where(r => r.Key.StartsWith($"{destination}/", StringComparison.Ordinal)).ToList()) _records.Remove(key);
    }
}

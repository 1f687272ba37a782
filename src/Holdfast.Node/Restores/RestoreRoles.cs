using Holdfast.Core.Alerts;
using Holdfast.Core.Errors;
using Holdfast.Core.Operations;
using Holdfast.Engines;
using Holdfast.Node.Discovery;
using Holdfast.State;

namespace Holdfast.Node.Restores;

/// <summary>
/// Knows of each source whether code of a restored database has changed the role that runs restores there. That stands until a later restore finds the
/// role with what it had before, or an operator says that it is undone.
/// </summary>
/// <param name="records">What is stored of the sources, by their names.</param>
/// <param name="time">The clock.</param>
public sealed class RestoreRoles(StateRecords<SourceRecord> records, TimeProvider time)
{
    /// <summary>What has changed at a source; null where nothing has, or it is undone.</summary>
    public RestoreRoleChange? Find(string source) => records.Find(source)?.RestoreRole;

    /// <summary>Notes what a restore has found.</summary>
    /// <param name="source">Name of the source.</param>
    /// <param name="began">When it began: one that began before a change was found says nothing of that.</param>
    /// <param name="role">The role; null where the engine has none, or it was not looked at.</param>
    /// <param name="failure">Why the restore failed; null where it did not.</param>
    internal void Note(string source, DateTimeOffset began, RestoreRoleState? role, Exception? failure)
    {
        if (failure is HoldfastException known && known.Error == ErrorCatalogue.RestoreRoleChanged)
        {
            var message = Bounded.Text(known.Message);
            records.Change(source, r => (r ?? new()) with { RestoreRole = new(message, known.Hint, time.GetUtcNow(), r?.RestoreRole is { } first ? first.Before : role?.Before) });
        }
        else if (role?.After is { } now)
        {
            records.Change(source, r => r?.RestoreRole is { } change && began >= change.At && (change.Before ?? now) == now ? r with { RestoreRole = null } : null);
        }
    }

    /// <summary>An operator says that it is undone.</summary>
    /// <param name="source">Name of the source.</param>
    public void Acknowledge(string source) => records.Change(source, r => r?.RestoreRole is null ? null : r with { RestoreRole = null });
}

namespace Holdfast.Engines.Sqlite.Logical;

/// <summary>Ends a permission of <see cref="LoadRules"/>.</summary>
internal readonly struct LoadPermit(LoadRules rules, StatementKind before) : IDisposable
{
    /// <summary>Takes the permission back.</summary>
    public void Dispose() => rules.Set(before);
}

using Holdfast.Engines.Sqlite.Logical.Parsing;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Ends a permission of <see cref="ScriptAuthorizer"/>.</summary>
internal readonly struct AuthorizerScope(ScriptAuthorizer rules, StatementKind before) : IDisposable
{
    /// <summary>Takes the permission back.</summary>
    public void Dispose() => rules.SetKind(before);
}

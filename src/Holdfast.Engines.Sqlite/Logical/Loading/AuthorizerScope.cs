using Holdfast.Engines.Sqlite.Logical.Parsing;

namespace Holdfast.Engines.Sqlite.Logical.Loading;

/// <summary>Restores the previous permission of a <see cref="ScriptAuthorizer"/> when disposed.</summary>
internal readonly struct AuthorizerScope(ScriptAuthorizer rules, StatementKind before) : IDisposable
{
    /// <summary>Restores the previous permission.</summary>
    public void Dispose() => rules.SetKind(before);
}

namespace Holdfast.Engines.PostgreSql;

/// <summary>Address of a server of a source.</summary>
/// <param name="Name">Its host name or IP address, or the folder of its Unix socket, which begins with <c>/</c>.</param>
/// <param name="Port">Its port, 1 to 65,535; default 5432. It is part of the socket's file name, too.</param>
public sealed record PostgreSqlHost(string Name, int Port = PostgreSqlHost.DefaultPort)
{
    /// <summary>PostgreSQL's default port.</summary>
    public const int DefaultPort = 5432;

    /// <summary>Whether it is a Unix socket.</summary>
    public bool IsSocket => Name.StartsWith('/') || Name.StartsWith('@'); // an '@' denotes the abstract namespace

    /// <inheritdoc/>
    public override string ToString() => Name.Contains(':', StringComparison.Ordinal) && !IsSocket ? $"[{Name}]:{Port}" : $"{Name}:{Port}";
}

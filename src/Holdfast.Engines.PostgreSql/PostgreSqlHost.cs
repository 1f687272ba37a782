namespace Holdfast.Engines.PostgreSql;

/// <summary>One server of a source.</summary>
/// <param name="Name">Its name or address, or the folder of its Unix socket, which begins with <c>/</c>.</param>
/// <param name="Port">Its port, 1 to 65,535; default 5432. It is a part of the socket's name too.</param>
public sealed record PostgreSqlHost(string Name, int Port = PostgreSqlHost.DefaultPort)
{
    /// <summary>The port that PostgreSQL has when nobody says otherwise.</summary>
    public const int DefaultPort = 5432;

    /// <summary>Whether it is reached by a Unix socket.</summary>
    public bool IsSocket => Name.StartsWith('/') || Name.StartsWith('@'); // the second has no file

    /// <inheritdoc/>
    public override string ToString() => Name.Contains(':', StringComparison.Ordinal) && !IsSocket ? $"[{Name}]:{Port}" : $"{Name}:{Port}";
}

namespace Holdfast.Studio.Pages.Server;

/// <summary>The libraries that the program is made with. A test compares them with what is shipped.</summary>
internal static class Libraries
{
    /// <summary>A library.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="For">What it does here.</param>
    /// <param name="Licence">Its licence, by its SPDX name.</param>
    /// <param name="Packages">The packages that it comes in; none for what is built from source.</param>
    public sealed record Library(string Name, string For, string Licence, params string[] Packages);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Library> All { get; } =
    [
        new(
            ".NET and ASP.NET Core",
            "Runtime, server and pages",
            "MIT",
            "Microsoft.AspNetCore.OpenApi",
            "Microsoft.OpenApi",
            "Microsoft.Data.Sqlite.Core",
            "Microsoft.Extensions.Hosting.Systemd",
            "System.CommandLine",
            "System.IO.Hashing"
        ),
        new("Cronos", "Schedules", "MIT", "Cronos"),
        new("libsodium", "Encryption", "ISC", "libsodium"),
        new("MudBlazor", "Inputs and dialogs of these pages", "MIT", "MudBlazor"),
        new("Npgsql", "Connections to PostgreSQL", "PostgreSQL", "Npgsql"),
        new("Scalar", "The page that describes the API", "MIT", "Scalar.AspNetCore"),
        new("Spectre.Console", "What the command prints", "MIT", "Spectre.Console", "Spectre.Console.Ansi"),
        new("SQLite", "The server's state", "blessing", "SourceGear.sqlite3"),
        new("SQLite3 Multiple Ciphers", "Databases of sources, encrypted ones too", "MIT"),
        new("SQLitePCLRaw", "Binding of SQLite", "Apache-2.0", "SQLitePCLRaw.core", "SQLitePCLRaw.provider.e_sqlite3"),
        new("Zstandard and ZstdNet", "Compression", "BSD-3-Clause", "ZstdNet"),
    ];
}

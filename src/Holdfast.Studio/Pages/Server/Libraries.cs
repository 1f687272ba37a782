namespace Holdfast.Studio.Pages.Server;

/// <summary>The libraries that the program contains. A test compares the list with the shipped files.</summary>
internal static class Libraries
{
    /// <summary>A library.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Purpose">What the program uses it for.</param>
    /// <param name="Licence">SPDX identifier of its licence.</param>
    /// <param name="Packages">Its packages; none if it is built from source.</param>
    public sealed record Library(string Name, string Purpose, string Licence, params string[] Packages);

    /// <summary>All libraries.</summary>
    public static IReadOnlyList<Library> All { get; } =
    [
        new(
            ".NET and ASP.NET Core",
            "Runtime, web server and pages",
            "MIT",
            "Microsoft.AspNetCore.OpenApi",
            "Microsoft.OpenApi",
            "Microsoft.Data.Sqlite.Core",
            "Microsoft.Extensions.Hosting.Systemd",
            "System.CommandLine",
            "System.IO.Hashing"
        ),
        new("AWS SDK for .NET", "Destinations in S3", "Apache-2.0", "AWSSDK.Core", "AWSSDK.Extensions.Numerics", "AWSSDK.S3"),
        new("Cronos", "Schedules", "MIT", "Cronos"),
        new("libsodium", "Encryption", "ISC", "libsodium"),
        new("MudBlazor", "Controls and dialogs of Studio", "MIT", "MudBlazor"),
        new("Npgsql", "Connections to PostgreSQL", "PostgreSQL", "Npgsql"),
        new("Polly", "Retries of requests to remote destinations", "BSD-3-Clause", "Polly.Core"),
        new("Scalar", "API reference page", "MIT", "Scalar.AspNetCore"),
        new("Spectre.Console", "Output of the command", "MIT", "Spectre.Console", "Spectre.Console.Ansi"),
        new("SQLite", "State of the server", "blessing", "SourceGear.sqlite3"),
        new("SQLite3 Multiple Ciphers", "Databases of sources, including encrypted ones", "MIT"),
        new("SQLitePCLRaw", "SQLite binding", "Apache-2.0", "SQLitePCLRaw.core", "SQLitePCLRaw.provider.e_sqlite3"),
        new("Zstandard and ZstdNet", "Compression", "BSD-3-Clause", "ZstdNet"),
    ];
}

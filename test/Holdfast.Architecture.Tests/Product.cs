using System.Reflection;

namespace Holdfast.Architecture.Tests;

/// <summary>The product's assemblies: the command and all that lies beside it.</summary>
internal static class Product
{
    public static IReadOnlyList<Assembly> Assemblies { get; } =
    [
        .. Directory
            .EnumerateFiles(AppContext.BaseDirectory, "Holdfast.*.dll")
            .Append(Path.Combine(AppContext.BaseDirectory, "holdfast.dll"))
            .Where(f => File.Exists(f) && !Path.GetFileNameWithoutExtension(f).EndsWith("Tests", StringComparison.Ordinal))
            .Select(f => Assembly.Load(Path.GetFileNameWithoutExtension(f))),
    ];
}

namespace Holdfast.Studio.Pages.Operations;

/// <summary>What the list of operations is narrowed to.</summary>
internal static class OperationFilter
{
    /// <summary>The end of a query of the API; empty for all.</summary>
    public static string Query(string? kind, string? search)
    {
        (string Name, string? Value)[] all = [("kind", kind is "Backup" or "Restore" or "Verify" ? kind : null), ("search", search)];
        return string.Concat(all.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"&{p.Name}={Uri.EscapeDataString(p.Value!)}"));
    }
}

using System.Text.RegularExpressions;
using Holdfast.Api;
using MudBlazor;

namespace Holdfast.Studio.Formatting;

/// <summary>Formats entries of the audit log.</summary>
public static partial class AuditFormatter
{
    private static readonly Dictionary<string, string> Actions = new(StringComparer.Ordinal)
    {
        ["sign-in"] = "Sign in",
        ["POST /sign-out"] = "Sign out",
        ["DELETE /session"] = "Sign out",
        ["POST /session/password"] = "Change own password",
        ["PUT /users/{name}"] = "Create or change user",
        ["DELETE /users/{name}"] = "Delete user",
        ["POST /tokens"] = "Create API token",
        ["DELETE /tokens/{id}"] = "Delete API token",
        ["PUT /destinations/{name}"] = "Define destination",
        ["DELETE /destinations/{name}"] = "Remove destination",
        ["POST /destinations/{name}/test"] = "Test destination",
        ["POST /sources/{name}/confirm"] = "Confirm source",
        ["POST /sources/{name}/discover"] = "Discover databases",
        ["POST /sources/{name}/look"] = "Discover databases", // former route
        ["POST /sources/{name}/test"] = "Test source",
        ["POST /sources/test"] = "Test source",
        ["POST /sources/{name}/try"] = "Test source", // former route
        ["PUT /database-keys/{databases}"] = "Set database key",
        ["DELETE /database-keys/{databases}"] = "Delete database key",
        ["PUT /server-wide-backups/{name}"] = "Define server-wide backup",
        ["DELETE /server-wide-backups/{name}"] = "Delete server-wide backup",
        ["POST /server-wide-backups/{name}/backup"] = "Run server-wide backup",
        ["POST /restores"] = "Restore",
        ["POST /backups/check"] = "Check restore point",
        ["POST /alerts/acknowledge"] = "Acknowledge alerts",
        ["POST /backups/verify"] = "Verify backups",
        ["POST /server-wide-backups/{name}/key"] = "Reveal task key",
        ["POST /databases/{id}/tasks"] = "Create task",
        ["PUT /databases/{id}/tasks/{taskId}"] = "Change task",
        ["DELETE /databases/{id}/tasks/{taskId}"] = "Delete task",
        ["POST /databases/{id}/backup"] = "One-time backup",
        ["POST /databases/{id}/tasks/{taskId}/backup"] = "Back up now",
        ["POST /databases/{id}/tasks/{taskId}/retention"] = "Run retention",
        ["POST /databases/{id}/tasks/{taskId}/retention/approve"] = "Approve retention",
        ["POST /databases/{id}/tasks/{taskId}/key"] = "Reveal task key",
        ["key-revealed"] = "Reveal task key",
        ["retention-approved"] = "Approve retention",
        ["PUT /databases/{id}/key"] = "Set database key",
        ["DELETE /databases/{id}/key"] = "Delete database key",
        ["DELETE /databases/{id}"] = "Remove database",
        ["POST /runs/{id}/abort"] = "Abort run",
        ["POST /operations/{id}/abort"] = "Abort operation",
        ["POST /operations/{id}/delay"] = "Delay operation",
    };

    /// <summary>The action in words; for an unknown action, method and route of the request.</summary>
    public static string Action(string action)
    {
        var plain = action.Replace(ApiRoutes.BasePath, "", StringComparison.Ordinal).TrimEnd('/');
        return Actions.GetValueOrDefault(plain, plain);
    }

    /// <summary>The subject: the values only, because the action says what they are.</summary>
    public static string Subject(string? subject) =>
        subject is null ? "" : string.Join(", ", FieldPattern().Split(subject).Where(f => f.Length > 0));

    /// <summary>Id of the operation that the request started; null if it started none.</summary>
    public static string? FindOperationId(string? subject) =>
        subject is not null && OperationPattern().Match(subject) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("(?:^| )[a-zA-Z]+=")]
    private static partial Regex FieldPattern();

    [GeneratedRegex("(?:^| )operation=([^ ]+)\\z")]
    private static partial Regex OperationPattern();

    /// <summary>The result of the request.</summary>
    public static StateAppearance Result(string result) =>
        result switch
        {
            "ok" => new("Done", "good", Icons.Material.Filled.CheckCircle),
            "failed" => new("Failed", "bad", Icons.Material.Filled.Error),
            "202" => new("Started", "quiet", Icons.Material.Filled.PlayCircleOutline),
            ['2' or '3', ..] => new("Done", "good", Icons.Material.Filled.CheckCircle),
            "401" or "403" => new($"Not allowed ({result})", "warn", Icons.Material.Filled.Block),
            ['4', ..] => new($"Refused ({result})", "warn", Icons.Material.Filled.Block),
            ['5', ..] => new($"Failed ({result})", "bad", Icons.Material.Filled.Error),
            _ => new(result, "quiet", Icons.Material.Filled.HelpOutline),
        };
}

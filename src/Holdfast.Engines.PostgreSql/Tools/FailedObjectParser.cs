using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// Parses the objects that <c>pg_restore</c> could not restore from its error output, each with the server's message
/// and the statement.
/// </summary>
internal static partial class FailedObjectParser
{
    private const int MaxObjects = 100;
    private const int MaxStatementLength = 4000;

    /// <summary>Returns the number of errors that it ignored; null if it did not complete.</summary>
    /// <param name="output">Its error output.</param>
    public static int? CountErrors(string output) =>
        Sum().Match(output) is { Success: true } summary
        && int.TryParse(summary.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : null;

    /// <summary>Returns the failed objects, with secrets in their statements masked.</summary>
    /// <param name="output">Its error output.</param>
    /// <param name="count">The number of errors; of very many, the output contains only the last.</param>
    public static IReadOnlyList<FailedObject> Parse(string output, int count)
    {
        var found = Failed()
            .Matches(output)
            .Take(MaxObjects)
            .Select(m => Create(m.Groups[1].Value.Trim(), m.Groups[2].Value.Trim(), m.Groups[3].Value.Trim()))
            .ToList();
        if (found.Count < count)
        {
            found.Add(
                new(
                    string.Create(CultureInfo.InvariantCulture, $"… and {count - found.Count} more; see the server's log."),
                    IsAttachPartition: false
                )
            );
        }
        return found;
    }

    private static FailedObject Create(string entry, string error, string statement)
    {
        statement = SecretMasker.Mask(statement);
        if (statement.Length > MaxStatementLength)
        {
            statement = statement[..MaxStatementLength] + " …";
        }
        // Before version 15, the entry is given as: 3221; 1259 16456 MATERIALIZED VIEW m holdfast
        return new(Format(Number().Replace(entry, ""), error, statement), Attach().IsMatch(statement));
    }

    /// <summary>
    /// Formats a failure. The statement is not masked because it is meant to be executed: it must not contain a secret.
    /// </summary>
    /// <param name="name">The object; empty if it is unknown.</param>
    /// <param name="error">The server's message.</param>
    /// <param name="statement">The statement that failed, or that repairs it.</param>
    public static string Format(string name, string error, string statement) =>
        $"Left out: {(name.Length == 0 ? "" : name + ": ")}{Sentence.EnsureTerminated(SecretMasker.Mask(Lines().Replace(error, " ")))} Its "
        + $"SQL: {statement}";

    [GeneratedRegex(@"^pg_restore: warning: errors ignored on restore: ([0-9]{1,9})\s*\z", RegexOptions.Multiline)]
    private static partial Regex Sum();

    // The server's messages are in its language, including the word ERROR.
    [GeneratedRegex(
        @"(?:^pg_restore: from TOC entry (.*)\n)?^pg_restore: error: could not execute query: (.*(?:\n(?!Command was: "
            + @"|pg_restore: ).*)*)\nCommand was: (.*(?:\n(?!pg_restore: ).*)*)",
        RegexOptions.Multiline
    )]
    private static partial Regex Failed();

    [GeneratedRegex("""^ALTER TABLE ONLY (?:"(?:[^"]|"")+"|[^"\s.]+)\.(?:"(?:[^"]|"")+"|[^"\s.]+) ATTACH PARTITION """)]
    private static partial Regex Attach();

    [GeneratedRegex(@"^[0-9]+; [0-9]+ [0-9]+ ")]
    private static partial Regex Number();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Lines();
}

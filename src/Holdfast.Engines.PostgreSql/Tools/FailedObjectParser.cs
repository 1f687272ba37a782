using System.Globalization;
using System.Text.RegularExpressions;
using Holdfast.Core.Errors;

namespace Holdfast.Engines.PostgreSql.Tools;

/// <summary>
/// What <c>pg_restore</c> could not make and passed over, as it says on its standard error: each object with the
/// server's words and its statement.
/// </summary>
internal static partial class FailedObjectParser
{
    private const int MaxObjects = 100;
    private const int MaxStatementLength = 4000;

    /// <summary>How many it passed over; null where it did not come to its end.</summary>
    /// <param name="said">All that it said.</param>
    public static int? CountErrors(string said) =>
        Sum().Match(said) is { Success: true } sum
        && int.TryParse(sum.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : null;

    /// <summary>Tells them, without the secrets in their statements.</summary>
    /// <param name="said">All that it said.</param>
    /// <param name="count">How many there are; of very many it keeps the last.</param>
    public static IReadOnlyList<FailedObject> Parse(string said, int count)
    {
        var found = Failed()
            .Matches(said)
            .Take(MaxObjects)
            .Select(m => Create(m.Groups[1].Value.Trim(), m.Groups[2].Value.Trim(), m.Groups[3].Value.Trim()))
            .ToList();
        if (found.Count < count)
        {
            found.Add(
                new(
                    string.Create(CultureInfo.InvariantCulture, $"… and {count - found.Count} more, which the server's log has."),
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
        // Before version 15 it names the object: 3221; 1259 16456 MATERIALIZED VIEW m holdfast
        return new(Format(Number().Replace(entry, ""), error, statement), Attach().IsMatch(statement));
    }

    /// <summary>Tells one. Its statement is kept as it is, for it is to be run: there must be no secret in it.</summary>
    /// <param name="name">What it is; empty where that is not known.</param>
    /// <param name="error">What the server said.</param>
    /// <param name="statement">The statement that failed, or that mends it.</param>
    public static string Format(string name, string error, string statement) =>
        $"Left out: {(name.Length == 0 ? "" : name + ": ")}{Sentence.EnsureTerminated(SecretMasker.Mask(Lines().Replace(error, " ")))} Its "
        + $"SQL: {statement}";

    [GeneratedRegex(@"^pg_restore: warning: errors ignored on restore: ([0-9]{1,9})\s*\z", RegexOptions.Multiline)]
    private static partial Regex Sum();

    // The server's own words are in its language, ERROR among them.
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

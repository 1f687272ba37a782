using System.Text.RegularExpressions;

namespace Holdfast.Architecture.Tests;

/// <summary>Rules about failures that no compiler holds, each of which was broken once and cost backups.</summary>
public sealed partial class FailureRuleTests
{
    // Catches what its listeners throw by itself, and logs the job with it.
    private const string CatchesItself = "src/Holdfast.Node/Jobs/JobQueue.cs";

    private static IEnumerable<string> Sources =>
        Repository.TextFiles().Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal));

    [Fact]
    public void A_cancellation_is_a_stop_only_if_our_token_was_cancelled() =>
        Assert.Empty(
            Lines(line =>
                (CatchesCancellation().IsMatch(line) && !line.Contains("IsCancellationRequested", StringComparison.Ordinal))
                || line.Contains("is not OperationCanceledException", StringComparison.Ordinal)
                || line.Contains("or OperationCanceledException", StringComparison.Ordinal)
            )
        );

    [Fact]
    public void No_subscriber_of_an_event_can_end_whoever_raises_it() =>
        Assert.DoesNotContain(Lines(line => RaisesAnEvent().IsMatch(line)), l => !l.StartsWith(CatchesItself, StringComparison.Ordinal));

    [Fact]
    public void Nothing_is_async_without_somebody_who_could_wait_for_it() =>
        Assert.Empty(Lines(line => line.Contains("async void", StringComparison.Ordinal)));

    [Fact]
    public void No_filter_of_a_catch_takes_a_lock()
    {
        // It runs before what threw lets go of its own locks: two threads could wait for each other without end.
        var locking = Sources
            .SelectMany(f => TakesALock().Matches(Repository.Read(f)))
            .Select(m => m.Groups[1].Value)
            .ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(locking);
        Assert.Empty(
            Lines(line =>
                Filter().Match(line) is { Success: true } filter
                && Called().Matches(filter.Value).Any(c => locking.Contains(c.Groups[1].Value))
            )
        );
    }

    private static List<string> Lines(Func<string, bool> breaksTheRule) =>
        [
            .. Sources.SelectMany(f =>
                Repository.Read(f).Split('\n').Index().Where(l => breaksTheRule(l.Item)).Select(l => $"{f}:{l.Index + 1}: {l.Item.Trim()}")
            ),
        ];

    [GeneratedRegex(@"catch \((OperationCanceled|TaskCanceled)Exception")]
    private static partial Regex CatchesCancellation();

    // A method, whose body comes to a lock before its end.
    [GeneratedRegex(
        @"^    (?:public|internal|private|protected)[^\n=;(]* (\w+)\([^\n]*\)\n    \{(?:(?!\n    \}).)*?\block \(",
        RegexOptions.Multiline | RegexOptions.Singleline
    )]
    private static partial Regex TakesALock();

    [GeneratedRegex(@"\bwhen \(.*")]
    private static partial Regex Filter();

    [GeneratedRegex(@"\b(\w+)\(")]
    private static partial Regex Called();

    // Subscribers.Notify calls them one by one; a delegate in lower case is a parameter, not an event.
    [GeneratedRegex(@"\b[A-Z]\w*\?\.Invoke\(")]
    private static partial Regex RaisesAnEvent();
}

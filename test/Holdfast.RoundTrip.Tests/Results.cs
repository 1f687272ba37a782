namespace Holdfast.RoundTrip.Tests;

/// <summary>
/// Measured figures as lines for people and programs: <c>RESULT what name=value …</c>. They are also appended to the
/// file that HOLDFAST_RESULTS names.
/// </summary>
internal static class Results
{
    private static readonly Lock Gate = new();

    public static void Write(string what, params ReadOnlySpan<(string Name, string Value)> figures)
    {
        var line = $"RESULT {what}";
        foreach (var (name, value) in figures)
        {
            line += $" {name}={(value.Contains(' ') ? $"\"{value}\"" : value)}";
        }
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("HOLDFAST_RESULTS") is not { Length: > 0 } file)
        {
            return;
        }
        lock (Gate)
        {
            File.AppendAllText(file, line + "\n");
        }
    }
}

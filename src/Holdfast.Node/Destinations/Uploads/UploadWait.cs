using System.Globalization;

namespace Holdfast.Node.Destinations.Uploads;

/// <summary>A destination to which no upload may start now. That is no failure: a backup leaves it out, and it is healed later.</summary>
/// <param name="Destination">Its name.</param>
/// <param name="Window">Its upload window, as operators write it: <c>22:00-06:00</c>.</param>
/// <param name="Until">When the window opens.</param>
public sealed record UploadWait(string Destination, string Window, DateTimeOffset Until)
{
    /// <summary>The reason in words.</summary>
    public string Message =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"It waits for its upload window {Window}, which opens at {Until.ToUniversalTime():yyyy-MM-dd HH:mm} UTC."
        );
}

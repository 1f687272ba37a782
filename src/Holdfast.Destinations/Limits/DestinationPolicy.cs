using Holdfast.Core.Kinds;
using Holdfast.Core.Scheduling;
using Holdfast.Core.Settings;
using Holdfast.Destinations.Requests;

namespace Holdfast.Destinations.Limits;

/// <summary>
/// What operators decide about the use of a remote destination, whatever its kind: whether retention deletes there, and what uploads may
/// take. Each remote kind has these settings and fields of its form.
/// </summary>
public sealed record DestinationPolicy
{
    /// <summary>Setting for <see cref="Deletes"/>.</summary>
    public const string DeletesKey = "deletes";

    /// <summary>Setting for <see cref="Bandwidth"/>.</summary>
    public const string BandwidthKey = "bandwidth";

    /// <summary>Setting for <see cref="MaxRequests"/>.</summary>
    public const string MaxRequestsKey = "maxRequests";

    /// <summary>Setting for <see cref="Window"/>.</summary>
    public const string WindowKey = "uploadWindow";

    /// <summary>Setting for <see cref="TimeZone"/>.</summary>
    public const string TimeZoneKey = "uploadTimeZone";

    /// <summary>Maximum of <see cref="MaxRequests"/>.</summary>
    public const int MostRequests = 1000;

    /// <summary>No limits, and retention deletes.</summary>
    public static DestinationPolicy Default { get; } = new();

    /// <summary>The fields of a form for these settings.</summary>
    public static IReadOnlyList<FormField> Fields { get; } =
    [
        new(DeletesKey, "Retention deletes expired backups here", FormFieldType.Boolean)
        {
            Help = "If not, retention is left to a lifecycle rule of the bucket, and the credentials need no right to delete.",
            Default = "true",
            Section = FormSection.Advanced,
        },
        new(BandwidthKey, "Maximum upload rate")
        {
            Help = "Of all uploads together; empty for no limit.",
            Placeholder = "10 MiB/s",
            Section = FormSection.Advanced,
        },
        new(WindowKey, "Upload window")
        {
            Help = "Uploads start only at this time of day; empty for always.",
            Placeholder = "22:00-06:00",
            Section = FormSection.Advanced,
        },
        new(TimeZoneKey, "Time zone of the upload window")
        {
            Help = "Empty for the time zone of the node.",
            Placeholder = "Europe/Berlin",
            Section = FormSection.Advanced,
            Condition = new(WindowKey, null),
        },
        new(MaxRequestsKey, "Maximum number of requests at once", FormFieldType.Number)
        {
            Min = 1,
            Max = MostRequests,
            Section = FormSection.Advanced,
        },
    ];

    /// <summary>
    /// Whether retention deletes here. Without, it is left to the bucket: nothing is deleted, and the credentials need no right to. Default
    /// yes.
    /// </summary>
    public bool Deletes { get; init; } = true;

    /// <summary>Bytes per second that all uploads may take together; at least 1. Null, the default, for no limit.</summary>
    public long? Bandwidth { get; init; }

    /// <summary>Number of requests in flight at once, 1 to <see cref="MostRequests"/>; null for the default of the node.</summary>
    public int? MaxRequests { get; init; }

    /// <summary>When uploads may start; null, the default, for always.</summary>
    public UploadWindow? Window { get; init; }

    /// <summary>Time zone of <see cref="Window"/>, an IANA name; null for the node's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Reads the settings, and reports every error with its key.</summary>
    public static DestinationPolicy Read(SettingsSection settings)
    {
        var policy = new DestinationPolicy
        {
            Deletes = !settings.Has(DeletesKey) || settings.GetBoolean(DeletesKey),
            Bandwidth = ReadBandwidth(settings),
            MaxRequests = settings.GetInteger(MaxRequestsKey, 1, MostRequests),
            Window = ReadWindow(settings),
            TimeZone = settings.GetString(TimeZoneKey),
        };
        if (policy.TimeZone is { } zone && !TimeZones.TryFind(zone, out _))
        {
            settings.Report(TimeZoneKey, $"'{zone}' is not a known time zone on this node.", "Use an IANA name such as Europe/Berlin.");
        }
        else if (policy.TimeZone is not null && !settings.Has(WindowKey))
        {
            settings.Report(TimeZoneKey, $"is used only with {WindowKey}.");
        }
        return policy;
    }

    /// <summary>The limits of requests with those of this policy.</summary>
    public RequestLimits Apply(RequestLimits limits) =>
        limits with
        {
            MaxConcurrency = MaxRequests ?? limits.MaxConcurrency,
            UploadBytesPerSecond = Bandwidth ?? limits.UploadBytesPerSecond,
        };

    private static long? ReadBandwidth(SettingsSection settings)
    {
        if (settings.GetString(BandwidthKey) is not { } text)
        {
            return null;
        }
        if (ByteRate.TryParse(text, out var rate))
        {
            return rate;
        }
        settings.Report(BandwidthKey, $"'{text}' is not a rate.", "Give a number and a unit, such as \"10 MiB/s\" or \"500 KB/s\".");
        return null;
    }

    private static UploadWindow? ReadWindow(SettingsSection settings)
    {
        if (settings.GetString(WindowKey) is not { } text)
        {
            return null;
        }
        if (UploadWindow.TryParse(text) is { } window)
        {
            return window;
        }
        settings.Report(
            WindowKey,
            $"'{text}' is not a time of day.",
            "Give its beginning and its end, such as \"22:00-06:00\"; leave it out for always."
        );
        return null;
    }
}

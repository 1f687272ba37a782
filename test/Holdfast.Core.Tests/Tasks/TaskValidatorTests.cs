using CsCheck;
using Holdfast.Core.Encryption;
using Holdfast.Core.Retention;
using Holdfast.Core.Tasks;

namespace Holdfast.Core.Tests.Tasks;

/// <summary>Validation errors of tasks, by field.</summary>
public sealed class TaskValidatorTests
{
    private static readonly TaskSettings Good = new()
    {
        Type = BackupType.Snapshot,
        FullBackup = "0 2 * * 0",
        IncrementalBackup = "0 2 * * *",
        Destinations = ["attic"],
    };
    private static readonly Template All = new()
    {
        Id = "aaaaaaaaaa",
        Name = "All",
        Settings = Good,
        ScheduledSince = DateTimeOffset.UnixEpoch,
    };
    private static readonly RegularTask One = new()
    {
        Id = "bbbbbbbbbb",
        Name = "Hourly",
        Database = new("shop", "orders"),
        Settings = Good,
        ScheduledSince = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public void A_valid_task_has_no_errors()
    {
        Assert.Empty(TaskValidator.Validate(All));
        Assert.Empty(TaskValidator.Validate(One));
        Assert.Empty(
            TaskValidator.Validate(
                All with
                {
                    Name = "Große Büros 🗄️",
                    Excluded = ["shop/tmp*", "not/there/yet"],
                    Spread = TimeSpan.FromHours(23),
                    Settings = Good with
                    {
                        TimeZone = "Europe/Berlin",
                        Retention = new(TimeSpan.FromDays(30)),
                        Encryption = new() { Mode = EncryptionMode.Recipients, Recipients = ["age1a", "age1b"] },
                    },
                }
            )
        );
    }

    [Fact]
    public void All_errors_are_returned_at_once()
    {
        var faults = TaskValidator.Validate(
            All with
            {
                Name = " ",
                Excluded = [""],
                Spread = TimeSpan.FromHours(-1),
                Settings = new()
                {
                    Type = (BackupType)7,
                    FullBackup = "nonsense",
                    IncrementalBackup = "0 0 30 2 *",
                    TimeZone = "Europe/Atlantis",
                    Retention = new(TimeSpan.FromHours(23)),
                    Encryption = new() { Mode = EncryptionMode.Recipients },
                    Destinations = ["attic", "Attic"],
                },
            }
        );
        Assert.Equal(
            [
                "name",
                "type",
                "timeZone",
                "fullBackup",
                "incrementalBackup",
                "retention.minimumAgeDays",
                "encryption.recipients",
                "destinations",
                "excluded",
                "spreadMinutes",
            ],
            faults.Select(f => f.Field)
        );
        Assert.All(faults, f => Assert.True(f.Message.EndsWith('.') && f.Hint.Length > 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("two\nlines")]
    [InlineData("bell\a")]
    [InlineData("escape\u001b[31m")]
    [InlineData("paragraph\u2029")]
    [InlineData("backwards\u202Ecod")]
    [InlineData("half \ud83d")]
    public void A_name_is_not_blank_and_printable(string name)
    {
        Assert.Equal("name", Assert.Single(TaskValidator.Validate(All with { Name = name })).Field);
        Assert.Equal("name", Assert.Single(TaskValidator.Validate(One with { Name = name })).Field);
    }

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_name_has_at_most_128_characters(int length, bool fine) =>
        Assert.Equal(fine, TaskValidator.Validate(All with { Name = new('x', length) }).Count == 0);

    [Theory]
    [InlineData("Server Wide Backup, All")]
    [InlineData("server wide backup")]
    [InlineData("SERVER WIDE BACKUPS OF MINE")]
    [InlineData("  Server Wide Backup")]
    [InlineData("\u00a0Server Wide Backup")]
    [InlineData("\u200bServer Wide Backup")]
    public void The_prefix_is_reserved_in_any_case(string name)
    {
        Assert.Contains(TaskValidator.Validate(One with { Name = name }), f =>
            f.Field == "name" && f.Message.Contains("reserved", StringComparison.Ordinal)
        );
        Assert.Contains(TaskValidator.Validate(All with { Name = name }), f => f.Field == "name");
        Assert.True(TaskNames.IsReserved(name));
    }

    [Theory]
    [InlineData("My Server Wide Backup")]
    [InlineData("Server-Wide Backup")]
    [InlineData("Server Wide")]
    public void A_name_may_resemble_the_prefix(string name) => Assert.Empty(TaskValidator.Validate(One with { Name = name }));

    [Fact]
    public void At_least_one_schedule_is_required()
    {
        Assert.Equal("fullBackup", ErrorOf(Good with { FullBackup = null, IncrementalBackup = null }).Field);
        Assert.Empty(TaskValidator.Validate(Good with { FullBackup = null }));
        Assert.Empty(TaskValidator.Validate(Good with { IncrementalBackup = null }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0 2 * *")]
    [InlineData("0 0 31 2 *")]
    public void A_schedule_is_valid_and_has_slots(string cron)
    {
        Assert.Equal("fullBackup", ErrorOf(Good with { FullBackup = cron }).Field);
        Assert.Equal("incrementalBackup", ErrorOf(Good with { IncrementalBackup = cron }).Field);
        Assert.Contains($"'{cron}'", ErrorOf(Good with { FullBackup = cron }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_zone_is_refused() =>
        Assert.Equal(
            ("timeZone", true),
            (
                ErrorOf(Good with { TimeZone = "Berlin" }).Field,
                ErrorOf(Good with { TimeZone = "Berlin" }).Message.Contains("'Berlin'", StringComparison.Ordinal)
            )
        );

    [Fact]
    public void Backups_are_kept_for_at_least_one_day_and_exactly_one_day_is_valid()
    {
        Assert.Empty(TaskValidator.Validate(Good with { Retention = new(TimeSpan.FromDays(1)) }));
        Assert.Equal(
            "retention.minimumAgeDays",
            ErrorOf(Good with { Retention = new(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1)) }).Field
        );
        Assert.Equal("retention.minimumAgeDays", ErrorOf(Good with { Retention = new(TimeSpan.FromDays(-5)) }).Field);
    }

    [Fact]
    public void The_age_of_a_destination_is_at_least_a_day_and_of_a_destination_of_the_task()
    {
        Assert.Empty(TaskValidator.Validate(With("nas", TimeSpan.FromDays(1))));
        var young = ErrorOf(With("nas", TimeSpan.FromHours(23)));
        Assert.Equal("retention.destinations", young.Field);
        Assert.Contains("'nas'", young.Message, StringComparison.Ordinal);
        var unknown = ErrorOf(With("usb", TimeSpan.FromDays(90)));
        Assert.Equal("retention.destinations", unknown.Field);
        Assert.Contains("'usb'", unknown.Message, StringComparison.Ordinal);

        static TaskSettings With(string name, TimeSpan age) =>
            Good with
            {
                Destinations = ["nas"],
                Retention = new(TimeSpan.FromDays(14)) { Destinations = new Dictionary<string, TimeSpan> { [name] = age } },
            };
    }

    [Fact]
    public void Policies_with_the_same_ages_are_equal_and_each_destination_has_its_own_or_the_common_one()
    {
        var policy = With(90);
        Assert.Equal(With(90), policy);
        Assert.Equal(With(90).GetHashCode(), policy.GetHashCode());
        Assert.NotEqual(With(91), policy);
        Assert.NotEqual(new RetentionPolicy(TimeSpan.FromDays(14)), policy);
        Assert.Equal(TimeSpan.FromDays(90), policy.For("usb").MinimumAge);
        Assert.Equal(TimeSpan.FromDays(14), policy.For("nas").MinimumAge);

        static RetentionPolicy With(int days) =>
            new(TimeSpan.FromDays(14)) { Destinations = new Dictionary<string, TimeSpan> { ["usb"] = TimeSpan.FromDays(days) } };
    }

    [Fact]
    public void Recipients_require_the_mode_Recipients()
    {
        Assert.Equal("encryption.recipients", ErrorOf(Good with { Encryption = new() { Mode = EncryptionMode.Recipients } }).Field);
        Assert.Equal(
            "encryption.recipients",
            ErrorOf(
                Good with
                {
                    Encryption = new() { Mode = EncryptionMode.None, Recipients = ["age1a"] },
                }
            ).Field
        );
        Assert.Equal(
            "encryption.recipients",
            ErrorOf(
                Good with
                {
                    Encryption = new() { Mode = EncryptionMode.Recipients, Recipients = ["age1a", " "] },
                }
            ).Field
        );
        Assert.Equal(
            "encryption.recipients",
            ErrorOf(
                Good with
                {
                    Encryption = new() { Mode = EncryptionMode.Recipients, Recipients = ["age1a", "age1a"] },
                }
            ).Field
        );
        Assert.Equal("encryption.mode", ErrorOf(Good with { Encryption = new() { Mode = (EncryptionMode)9 } }).Field);
        Assert.Empty(TaskValidator.Validate(Good with { Encryption = new() { Mode = EncryptionMode.Key } }));
        Assert.Empty(
            TaskValidator.Validate(
                Good with
                {
                    Encryption = new() { Mode = EncryptionMode.Key, Recipients = ["age1a"] },
                }
            )
        );
    }

    [Fact]
    public void A_task_without_destinations_is_valid_and_duplicates_are_not()
    {
        Assert.Empty(TaskValidator.Validate(Good with { Destinations = [] }));
        Assert.Contains("'attic'", ErrorOf(Good with { Destinations = ["attic", "cellar", "ATTIC"] }).Message, StringComparison.Ordinal);
        Assert.Equal("destinations", ErrorOf(Good with { Destinations = ["attic", ""] }).Field);
    }

    [Fact]
    public void Exclusions_are_limited_in_number_and_length_and_not_blank()
    {
        Assert.Empty(TaskValidator.Validate(All with { Excluded = [.. Enumerable.Range(0, 1_000).Select(i => $"shop/{i}")] }));
        Assert.Contains(
            "1001",
            Assert.Single(TaskValidator.Validate(All with { Excluded = [.. Enumerable.Range(0, 1_001).Select(i => $"shop/{i}")] })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2",
            Assert.Single(TaskValidator.Validate(All with { Excluded = ["shop/a", " "] })).Message,
            StringComparison.Ordinal
        );
        Assert.Equal("excluded", Assert.Single(TaskValidator.Validate(All with { Excluded = [null!] })).Field);
        Assert.Empty(TaskValidator.Validate(All with { Excluded = [new('x', 1_024)] }));
        Assert.Contains(
            "1025",
            Assert.Single(TaskValidator.Validate(All with { Excluded = [new('x', 1_025)] })).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1_439, true)]
    [InlineData(1_440, false)] // the incremental comes every day
    [InlineData(-1, false)]
    public void The_spread_is_shorter_than_the_shortest_time_between_two_backups(int minutes, bool fine)
    {
        var faults = TaskValidator.Validate(All with { Spread = TimeSpan.FromMinutes(minutes) });
        Assert.Equal(fine ? [] : ["spreadMinutes"], faults.Select(f => f.Field));
    }

    [Fact]
    public void A_preferred_node_is_a_node_tag()
    {
        Assert.Empty(TaskValidator.Validate(One with { PreferredNode = "A" }));
        Assert.Equal("preferredNode", Assert.Single(TaskValidator.Validate(One with { PreferredNode = "node 1" })).Field);
    }

    [Fact]
    public void Any_input_is_validated_without_throwing() =>
        Gen.Select(Gen.String, Gen.String.Null(), Gen.String.Null(), Gen.String.Array[0, 5], Gen.Long)
            .Sample(
                (name, cron, zone, list, ticks) =>
                    TaskValidator
                        .Validate(
                            All with
                            {
                                Name = name,
                                Excluded = list,
                                Spread = TimeSpan.FromTicks(ticks),
                                Settings = Good with
                                {
                                    FullBackup = cron,
                                    TimeZone = zone,
                                    Retention = new(TimeSpan.FromTicks(ticks)),
                                    Destinations = list,
                                },
                            }
                        )
                        .All(f => f.Message.Length > 0 && f.Hint.Length > 0)
            );

    private static ValidationError ErrorOf(TaskSettings settings) => Assert.Single(TaskValidator.Validate(settings));
}

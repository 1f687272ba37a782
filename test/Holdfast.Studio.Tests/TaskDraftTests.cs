using Holdfast.Core.Encryption;
using Holdfast.Core.Tasks;
using Holdfast.Studio.Pages.ServerWide;
using Holdfast.Studio.Pages.Tasks;

namespace Holdfast.Studio.Tests;

/// <summary>A task that is being edited.</summary>
public sealed class TaskDraftTests
{
    private static readonly TaskDefinition Definition = new()
    {
        Name = "nightly",
        Type = BackupType.Snapshot,
        FullBackup = "0 2 * * 0",
        IncrementalBackup = "0 3 * * *",
        TimeZone = "Europe/Berlin",
        Retention = new(30) { Destinations = new Dictionary<string, double> { ["usb"] = 90 } },
        Encryption = new()
        {
            Mode = EncryptionMode.Recipients,
            Recipients = ["age1a", "age1b"],
            EncryptSnapshots = true,
        },
        Destinations = ["nas", "usb"],
        Excluded = ["demo/tmp*"],
        SpreadMinutes = 5,
        VerifyEveryDays = 7,
        CompareEveryHours = 12,
        ExistingBackups = ExistingBackups.All,
        PreferredNode = "B",
        Disabled = true,
    };

    public static TheoryData<string> Fields => [.. typeof(TaskDefinition).GetProperties().Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Every_field_is_compared_with_an_edit_by_somebody_else(string field)
    {
        var property = typeof(TaskDefinition).GetProperty(field)!;
        var untouched = new TaskDefinition { Type = BackupType.Backup };
        Assert.NotEqual(property.GetValue(untouched), property.GetValue(Definition)); // the definition of these tests sets every field
        var changed = Definition with { };
        property.SetValue(changed, property.GetValue(untouched));
        Assert.Contains(" is now ", Assert.Single(DefinitionChanges.Between(Definition, changed)), StringComparison.Ordinal);
    }

    [Fact]
    public void Unedited_fields_are_sent_unchanged()
    {
        var sent = TaskDraft.Of(Definition).ToDefinition();
        Assert.Equal(Definition.Encryption!.Recipients, sent.Encryption!.Recipients);
        Assert.Equal(Definition.Destinations, sent.Destinations);
        Assert.Equal(Definition.Excluded, sent.Excluded);
        Assert.Equal(
            Definition with
            {
                Encryption = null,
                Destinations = [],
                Excluded = [],
            },
            sent with
            {
                Encryption = null,
                Destinations = [],
                Excluded = [],
            }
        );
    }

    [Fact]
    public void A_key_is_sent_only_if_the_user_entered_one()
    {
        var draft = new TaskDraft
        {
            Name = "a",
            Type = BackupType.Snapshot,
            Mode = EncryptionMode.Key,
            Key = "AGE-SECRET-KEY-1X",
        };
        Assert.Null(draft.ToDefinition().Encryption!.Key);
        draft.UsesGivenKey = true;
        Assert.Equal("AGE-SECRET-KEY-1X", draft.ToDefinition().Encryption!.Key);
        draft.Mode = EncryptionMode.None;
        Assert.Null(draft.ToDefinition().Encryption!.Key);
    }
}

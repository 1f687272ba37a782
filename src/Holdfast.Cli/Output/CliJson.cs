using System.Text.Json.Serialization;
using Holdfast.Cli.Client;
using Holdfast.Cli.Output.Views;

namespace Holdfast.Cli.Output;

/// <summary>JSON output of the command: camelCase, null values omitted. It is a stable format, described in <c>docs/cli.md</c>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true
)]
[JsonSerializable(typeof(FailureView))]
[JsonSerializable(typeof(ItemsView<DatabaseView>))]
[JsonSerializable(typeof(ItemsView<BackupView>))]
[JsonSerializable(typeof(ItemsView<PointView>))]
[JsonSerializable(typeof(ItemsView<VerifyView>))]
[JsonSerializable(typeof(RestoreView))]
[JsonSerializable(typeof(ExtractView))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(ItemsView<AppliedView>))]
[JsonSerializable(typeof(Api.Tasks.KeyView), TypeInfoPropertyName = "GeneratedKeyView")]
[JsonSerializable(typeof(LoginView))]
[JsonSerializable(typeof(Login))]
internal sealed partial class CliJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Holdfast.Api.Access;
using Holdfast.Api.Alerts;
using Holdfast.Api.Backups;
using Holdfast.Api.Cluster;
using Holdfast.Api.Databases;
using Holdfast.Api.Destinations;
using Holdfast.Api.Events;
using Holdfast.Api.Kinds;
using Holdfast.Api.Operations;
using Holdfast.Api.Retention;
using Holdfast.Api.Runs;
using Holdfast.Api.ServerInfo;
using Holdfast.Api.ServerWideBackups;
using Holdfast.Api.Sources;
using Holdfast.Api.Tasks;
using Holdfast.Core.Alerts;
using Holdfast.Core.Operations;
using Holdfast.Core.Runs;
using Holdfast.Core.Tasks;

namespace Holdfast.Api;

/// <summary>
/// Metadata for reading and writing the API's JSON without reflection: camelCase, enumerations by name, database ids as
/// <c>source/name</c>. Unknown members are not an error; <see cref="ClientJson"/> keeps them.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, Converters = [typeof(DatabaseIdConverter)])]
[JsonSerializable(typeof(AcknowledgeRequest))]
[JsonSerializable(typeof(AcknowledgedView))]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(AlertEvent))]
[JsonSerializable(typeof(AlertNotification))]
[JsonSerializable(typeof(ArchiveView))]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(BackedUpDatabaseView))]
[JsonSerializable(typeof(BackupRequest))]
[JsonSerializable(typeof(ChainRemovalRequest))]
[JsonSerializable(typeof(ChainView))]
[JsonSerializable(typeof(ChainsView))]
[JsonSerializable(typeof(ChangedEvent))]
[JsonSerializable(typeof(ClusterNodeView))]
[JsonSerializable(typeof(ClusterView))]
[JsonSerializable(typeof(DatabaseCounts))]
[JsonSerializable(typeof(DatabaseKeyRequest))]
[JsonSerializable(typeof(DatabaseKeyView))]
[JsonSerializable(typeof(DatabaseView))]
[JsonSerializable(typeof(DelayRequest))]
[JsonSerializable(typeof(DeliveryView))]
[JsonSerializable(typeof(CatalogRebuildRequest))]
[JsonSerializable(typeof(DestinationIdentityView))]
[JsonSerializable(typeof(DestinationRequest))]
[JsonSerializable(typeof(DestinationStatusView))]
[JsonSerializable(typeof(DestinationTestView))]
[JsonSerializable(typeof(DestinationView))]
[JsonSerializable(typeof(FileView))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(KindsView))]
[JsonSerializable(typeof(OneTimeBackupRequest))]
[JsonSerializable(typeof(RepairRequest))]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(OperationCounts))]
[JsonSerializable(typeof(OperationIdView))]
[JsonSerializable(typeof(OperationIdsView))]
[JsonSerializable(typeof(PasswordRequest))]
[JsonSerializable(typeof(PreviewView))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RegularTaskView))]
[JsonSerializable(typeof(RestorePointCheckRequest))]
[JsonSerializable(typeof(RestorePointCheckView))]
[JsonSerializable(typeof(RestorePointView))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(RestoreRoleRequest))]
[JsonSerializable(typeof(RestoreRoleView))]
[JsonSerializable(typeof(RetentionApprovalRequest))]
[JsonSerializable(typeof(RetentionChainView))]
[JsonSerializable(typeof(RetentionView))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(RunAbortView))]
[JsonSerializable(typeof(RunDatabaseView))]
[JsonSerializable(typeof(ServerView))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(SkippedFileView))]
[JsonSerializable(typeof(SkippedFilesView))]
[JsonSerializable(typeof(SourceDefinitionView))]
[JsonSerializable(typeof(SourceRequest))]
[JsonSerializable(typeof(SourceTestView))]
[JsonSerializable(typeof(SourceView))]
[JsonSerializable(typeof(StateCopyView))]
[JsonSerializable(typeof(TaskDefinition))]
[JsonSerializable(typeof(TaskEncryptionView))]
[JsonSerializable(typeof(TaskProblemView))]
[JsonSerializable(typeof(TaskView))]
[JsonSerializable(typeof(TemplateCounts))]
[JsonSerializable(typeof(TemplateView))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenView))]
[JsonSerializable(typeof(UnreachableDestinationView))]
[JsonSerializable(typeof(UserRequest))]
[JsonSerializable(typeof(UserView))]
[JsonSerializable(typeof(VerifyRequest))]
[JsonSerializable(typeof(Page<Alert>))]
[JsonSerializable(typeof(Page<AuditEntry>))]
[JsonSerializable(typeof(Page<BackedUpDatabaseView>))]
[JsonSerializable(typeof(Page<DatabaseKeyView>))]
[JsonSerializable(typeof(Page<DatabaseView>))]
[JsonSerializable(typeof(Page<DestinationView>))]
[JsonSerializable(typeof(Page<Operation>))]
[JsonSerializable(typeof(Page<RestorePointView>))]
[JsonSerializable(typeof(Page<RetentionView>))]
[JsonSerializable(typeof(Page<Run>))]
[JsonSerializable(typeof(Page<RunDatabaseView>))]
[JsonSerializable(typeof(Page<SourceView>))]
[JsonSerializable(typeof(Page<TaskView>))]
[JsonSerializable(typeof(Page<TemplateView>))]
[JsonSerializable(typeof(Page<TokenView>))]
[JsonSerializable(typeof(Page<UserView>))]
[JsonSerializable(typeof(Page<string>), TypeInfoPropertyName = "PageOfText")]
public sealed partial class ApiJsonContext : JsonSerializerContext;

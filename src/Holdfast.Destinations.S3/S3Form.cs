using Holdfast.Core.Kinds;
using Holdfast.Destinations.Limits;
using Holdfast.Destinations.S3.Settings;

namespace Holdfast.Destinations.S3;

/// <summary>Describes S3 destinations and their form to clients.</summary>
internal static class S3Form
{
    /// <summary>The description.</summary>
    public static DestinationKind Description { get; } =
        new()
        {
            Kind = "s3",
            Label = "S3",
            Summary = "A bucket at AWS, or at any store that speaks the S3 protocol.",
            Features = new() { IsRemote = true },
            Form = new(
                "Add an S3 bucket",
                [
                    new(S3Config.BucketKey, "Bucket")
                    {
                        Help = "It must exist.",
                        Placeholder = "backups",
                        IsRequired = true,
                        IsLocation = true,
                    },
                    new(S3Config.PrefixKey, "Prefix")
                    {
                        Help = "Beginning of all keys; empty for the whole bucket.",
                        Placeholder = "holdfast/production",
                        IsLocation = true,
                    },
                    new(S3Config.EndpointKey, "Endpoint", FormFieldType.Url)
                    {
                        Help = "Address of the store; empty for AWS.",
                        Placeholder = "https://s3.example.com",
                    },
                    new(S3Config.RegionKey, "Region") { Placeholder = "us-east-1" },
                    new(S3Config.CredentialsKey, "Credentials", FormFieldType.Choice)
                    {
                        Help = "The server uses credentials of its machine only for endpoints that its configuration lists.",
                        Default = Keys,
                        Choices =
                        [
                            new(Keys, "Access key"),
                            new("environment", "Environment variables of the server"),
                            new("default", "Credentials of the machine"),
                            new(Command, "Command of the configuration"),
                        ],
                    },
                    new(S3Config.AccessKeyKey, "Access key") { Condition = new(S3Config.CredentialsKey, Keys) },
                    new(S3Config.SecretKeyKey, "Secret key", FormFieldType.Secret) { Condition = new(S3Config.CredentialsKey, Keys) },
                    new(S3Config.SessionTokenKey, "Session token", FormFieldType.Secret)
                    {
                        Help = "Only for temporary credentials.",
                        Condition = new(S3Config.CredentialsKey, Keys),
                        Section = FormSection.Advanced,
                    },
                    new(S3Config.CommandKey, "Command")
                    {
                        Help = "Name of one of the commands in holdfast.json.",
                        Condition = new(S3Config.CredentialsKey, Command),
                    },
                    new(S3Config.PathStyleKey, "Bucket in the path", FormFieldType.Boolean)
                    {
                        Help = "Automatic: yes, except at AWS.",
                        Section = FormSection.Advanced,
                    },
                    new(S3Config.CaKey, "Certificate authorities", FormFieldType.Multiline)
                    {
                        Help = "To trust besides those of the system, as PEM.",
                        Placeholder = "-----BEGIN CERTIFICATE-----",
                        Section = FormSection.Advanced,
                    },
                    new(S3Config.ModeKey, "Mode", FormFieldType.Choice)
                    {
                        Help = "The test of the destination finds the one that works.",
                        Default = "auto",
                        Choices = [new("auto", "Automatic"), new("aws", "AWS"), new("compatible", "Compatible")],
                        Section = FormSection.Advanced,
                    },
                    new(S3Config.StorageClassKey, "Storage class")
                    {
                        Help = "Of archives; empty for the bucket's default.",
                        Placeholder = "STANDARD_IA",
                        Section = FormSection.Advanced,
                    },
                    new(S3Config.EncryptionKey, "Encryption by the store", FormFieldType.Choice)
                    {
                        Default = "default",
                        Choices =
                        [
                            new("default", "Default of the bucket"),
                            new("aes256", "Keys of the store (SSE-S3)"),
                            new(Kms, "Key management service (SSE-KMS)"),
                        ],
                        Section = FormSection.Advanced,
                    },
                    new(S3Config.KmsKeyKey, "KMS key") { Section = FormSection.Advanced, Condition = new(S3Config.EncryptionKey, Kms) },
                    new(S3Config.MaxPartsKey, "Maximum number of parts", FormFieldType.Number)
                    {
                        Min = 1,
                        Max = S3Config.MostParts,
                        Section = FormSection.Advanced,
                    },
                    .. DestinationPolicy.Fields,
                ]
            ),
        };

    private const string Keys = "keys";
    private const string Command = "command";
    private const string Kms = "kms";
}

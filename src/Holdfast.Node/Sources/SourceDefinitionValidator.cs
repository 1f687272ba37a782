using Holdfast.Core.Databases;
using Holdfast.Core.Tasks;
using Holdfast.Engines.Sources;
using Holdfast.State;

namespace Holdfast.Node.Sources;

/// <summary>Validates a definition of a source and the passwords that come with it, before it is stored.</summary>
/// <param name="definitions">The stored definitions.</param>
/// <param name="passwords">The stored passwords of sources.</param>
/// <param name="restorePasswords">The stored passwords of the roles that run restores.</param>
/// <param name="configured">Names of the sources in the configuration file; compared ignoring case.</param>
/// <param name="factory">Creates the source of a definition; null if none can be defined over the API.</param>
internal sealed class SourceDefinitionValidator(
    StateMirror<SourceDefinition> definitions,
    SourcePasswords passwords,
    SourcePasswords restorePasswords,
    IReadOnlySet<string> configured,
    AttachedSourceFactory? factory
)
{
    /// <summary>Throws if a definition or its passwords are not valid.</summary>
    /// <exception cref="ValidationException">All errors at once.</exception>
    public async Task ValidateAsync(SourceDefinition definition, SourcePasswordUpdate update, CancellationToken cancellationToken)
    {
        List<ValidationError> errors = [.. ValidateName(definition.Name), .. ValidateWithFactory(definition)];
        var stored = definitions.Find(definition.Name)?.Value;

        // A password was given for one address, and must not be sent to another one.
        if (
            update.Password is null
            && stored is not null
            && stored.Url != definition.Url
            && await passwords.HasAsync(definition.Name, cancellationToken)
        )
        {
            errors.Add(
                new(
                    "password",
                    "The URL has changed, and the stored password was given for the previous one.",
                    "Give the password again, or an empty one for none."
                )
            );
        }
        if (
            definition.RestoreUser is not null
            && update.RestorePassword is null
            && stored is not null
            && (stored.Url, stored.RestoreUser) != (definition.Url, definition.RestoreUser)
            && await restorePasswords.HasAsync(definition.Name, cancellationToken)
        )
        {
            errors.Add(
                new(
                    "restore.password",
                    "The URL or the role that runs restores has changed, and the stored password was given for the previous one.",
                    "Give the password again, or an empty one for none."
                )
            );
        }
        if (definition.RestoreUser is null && !string.IsNullOrEmpty(update.RestorePassword))
        {
            errors.Add(new("restore.user", "A password for restores was given without a role.", "Name the role that runs restores."));
        }
        ValidationException.ThrowIfAny(errors);
    }

    private IEnumerable<ValidationError> ValidateName(string name)
    {
        if (!DatabaseId.IsSourceName(name))
        {
            yield return new(
                "name",
                $"'{name}' is not a valid source name.",
                "Use 1 to 64 letters, digits, '.', '_' and '-', starting with a letter or digit."
            );
        }
        else if (configured.Contains(name))
        {
            yield return new(
                "name",
                $"'{name}' is defined in the configuration of this server.",
                "Choose another name, or change it in holdfast.json."
            );
        }
        else if (
            definitions.Items.Select(d => d.Key).FirstOrDefault(n => n != name && n.Equals(name, StringComparison.OrdinalIgnoreCase)) is
            { } other
        )
        {
            yield return new("name", $"There is already a source '{other}', which differs only in case.", "Choose another name.");
        }
    }

    private IReadOnlyList<ValidationError> ValidateWithFactory(SourceDefinition definition)
    {
        if (factory is null)
        {
            return [new("engine", "Sources cannot be defined here.", "Define it in holdfast.json.")];
        }
        try
        {
            factory(definition, SourceSecrets.None);
            return [];
        }
        catch (ValidationException e)
        {
            return e.Errors;
        }
    }
}

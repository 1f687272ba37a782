using Holdfast.Api.Tasks;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Secrets;
using Holdfast.Server.Audit;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Reveals the keys of templates and tasks to an administrator, and records that in the audit log.</summary>
/// <param name="keys">The keys.</param>
/// <param name="audit">The audit log.</param>
internal sealed class KeyRevealer(ArchiveKeys keys, AuditLog audit)
{
    /// <summary>Reveals a key.</summary>
    /// <param name="id">Id of the template or task.</param>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalog.NotFound"/>: the server does not store the key.</exception>
    public async Task<KeyView> RevealAsync(string id, string name, TaskSettings settings, HttpContext context)
    {
        var key = settings.Encryption is { Mode: EncryptionMode.Key, Recipients: [var recipient] }
            ? await keys.FindAsync(id, recipient, context.RequestAborted)
            : null;
        if (key is null)
        {
            throw new HoldfastException(
                ErrorCatalog.NotFound,
                $"'{name}' has no key that this server stores.",
                "A task with recipients only needs public keys; the private keys are only where you keep them."
            );
        }
        await audit.WriteAsync(context, "key-revealed", $"name={name} id={id}", "ok");
        return KeyMapper.ToView(key)!;
    }
}

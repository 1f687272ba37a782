using Holdfast.Api.Tasks;
using Holdfast.Core.Encryption;
using Holdfast.Core.Errors;
using Holdfast.Core.Tasks;
using Holdfast.Node.Secrets;
using Holdfast.Server.Audit;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Endpoints.Tasks;

/// <summary>Reveals the keys of templates and tasks to an administrator, and audits that.</summary>
/// <param name="keys">The keys.</param>
/// <param name="audit">The audit log.</param>
internal sealed class KeyRevealer(ArchiveKeys keys, AuditLog audit)
{
    /// <summary>Reveals a key.</summary>
    /// <param name="id">Id of the template or task.</param>
    /// <param name="name">Its name.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="context">The request.</param>
    /// <exception cref="HoldfastException"><see cref="ErrorCatalogue.NotFound"/>: the server does not keep its key.</exception>
    public async Task<KeyView> RevealAsync(string id, string name, TaskSettings settings, HttpContext context)
    {
        var key = settings.Encryption is { Mode: EncryptionMode.Key, Recipients: [var recipient] }
            ? await keys.FindAsync(id, recipient, context.RequestAborted)
            : null;
        if (key is null)
        {
            throw new HoldfastException(
                ErrorCatalogue.NotFound,
                $"'{name}' has no key that this server keeps.",
                "With recipients only, the private keys are where you keep them."
            );
        }
        await audit.WriteAsync(context, "key-revealed", $"name={name} id={id}", "ok");
        return KeyMapper.ToView(key)!;
    }
}

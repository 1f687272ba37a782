using Holdfast.Node.Supervision;
using Holdfast.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Hosting;

/// <summary>Registers mirrors of the state as services.</summary>
public static class StateMirrorServiceExtensions
{
    /// <summary>
    /// Adds a <see cref="StateMirror{T}"/> of a prefix. It has been read before services start that were added after
    /// it, and before the server listens.
    /// </summary>
    /// <typeparam name="T">Type of the values, which must differ between mirrors.</typeparam>
    /// <param name="services">The service collection.</param>
    /// <param name="prefix">Prefix of the keys, ending with a slash.</param>
    public static IServiceCollection AddStateMirror<T>(this IServiceCollection services, string prefix)
        where T : class
    {
        services.AddSingleton(s => new StateMirror<T>(s.GetRequiredService<IStateStore>(), prefix, s.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StateMirrorStarter<T>>());
        return services;
    }

    private sealed class StateMirrorStarter<T>(StateMirror<T> mirror, Supervisor supervisor) : IHostedLifecycleService
        where T : class
    {
        public Task StartingAsync(CancellationToken cancellationToken)
        {
            supervisor.AddExternal(mirror);
            return mirror.StartAsync(cancellationToken);
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

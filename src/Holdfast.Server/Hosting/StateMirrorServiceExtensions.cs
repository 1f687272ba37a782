using Holdfast.Node.Supervision;
using Holdfast.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Holdfast.Server.Hosting;

/// <summary>Mirrors of the state as services.</summary>
public static class StateMirrorServiceExtensions
{
    /// <summary>
    /// Adds <see cref="StateMirror{T}"/> of a prefix. It has been read when the services that were added after it
    /// start, and before the server listens.
    /// </summary>
    /// <typeparam name="T">Type of the values; one mirror for each.</typeparam>
    /// <param name="services">Where it is added.</param>
    /// <param name="prefix">Beginning of the keys, with the slash at its end.</param>
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

using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Node.Tests;

/// <summary>What a service depends on can be read from its constructor.</summary>
public sealed class NodeServiceTests
{
    private const int MaxParameters = 7;

    public static TheoryData<Type> Services =>
        [
            .. new ServiceCollection()
                .AddHoldfastNode()
                .Select(s => s.ImplementationType ?? s.ServiceType)
                .Where(t => t is { IsClass: true, IsGenericType: false })
                .Distinct(),
        ];

    [Theory]
    [MemberData(nameof(Services))]
    public void A_service_takes_at_most_seven_others_each_by_its_type(Type service)
    {
        var parameters = service.GetConstructors().SelectMany(c => c.GetParameters()).ToList();
        Assert.True(parameters.Count <= MaxParameters, $"{service} takes {parameters.Count} parameters: split it.");
        Assert.DoesNotContain(parameters, IsUnnamedDelegate);
    }

    // A Func or an Action does not say which service is behind it.
    private static bool IsUnnamedDelegate(ParameterInfo parameter) =>
        typeof(Delegate).IsAssignableFrom(parameter.ParameterType) && parameter.ParameterType.Namespace == nameof(System);
}

using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Node.Tests.Lifetime;

/// <summary>The constructor of a service shows what it depends on.</summary>
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
    public void A_service_depends_on_at_most_seven_others_each_by_its_type(Type service)
    {
        var parameters = service.GetConstructors().SelectMany(c => c.GetParameters()).ToList();
        Assert.True(parameters.Count <= MaxParameters, $"{service} takes {parameters.Count} parameters: split it.");
        Assert.DoesNotContain(parameters, IsUnnamedDelegate);
    }

    // A Func or an Action does not show which service it calls.
    private static bool IsUnnamedDelegate(ParameterInfo parameter) =>
        typeof(Delegate).IsAssignableFrom(parameter.ParameterType) && parameter.ParameterType.Namespace == nameof(System);
}

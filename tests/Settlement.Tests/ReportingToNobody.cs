using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Trading.Settlement.Tests;

public sealed class ReportingToNobody
{
    [Theory, InlineData(null), InlineData("amqp://127.0.0.1:1")]
    public void The_bus_tells_its_makers_nothing(string? broker)
    {
        using var services = new ServiceCollection().AddLogging().AddSettlement(broker is null ? null : new(broker)).BuildServiceProvider();
        Assert.False(services.GetRequiredService<IOptions<UsageTelemetryOptions>>().Value.Enabled);
    }
}

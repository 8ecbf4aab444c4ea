using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using Microsoft.JSInterop;
using MudBlazor;
using MudBlazor.Services;
using Trading.Web;
using Trading.Web.Live;
using Trading.Web.Text;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
builder.RootComponents.Add<HeadOutlet>("head::after");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddMudServices(mud =>
{
    mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
    mud.SnackbarConfiguration.VisibleStateDuration = 6_000;
    mud.SnackbarConfiguration.HideTransitionDuration = 150;
    mud.SnackbarConfiguration.ShowTransitionDuration = 150;
});
builder.Services.AddSingleton(s => new Words(((IJSInProcessRuntime)s.GetRequiredService<IJSRuntime>()).Invoke<string>("page.language")));
builder.Services.AddSingleton<Fmt>();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(_ => new HttpClient { BaseAddress = new(builder.HostEnvironment.BaseAddress), Timeout = TimeSpan.FromSeconds(20) });
builder.Services.AddSingleton<Api>();
builder.Services.AddSingleton<Session>();
builder.Services.AddSingleton<MarketFeed>();
builder.Services.AddSingleton<Board>();
builder.Services.AddSingleton<Mine>();
var host = builder.Build();
await host.Services.GetRequiredService<Session>().Load();
host.Services.GetRequiredService<MarketFeed>().Start();
await host.RunAsync();

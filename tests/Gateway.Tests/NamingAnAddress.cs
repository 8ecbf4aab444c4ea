using Trading.Gateway.Cli;

namespace Trading.Gateway.Tests;

public sealed class NamingAnAddress
{
    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://localhost:8080;http://[::1]:8080")]
    [InlineData("https://127.0.0.1:8443; http://127.9.9.9:0")]
    public void Of_this_machine_is_taken(string urls) => Assert.NotEmpty(Addresses.Of(urls, demo: true));

    [Theory]
    [InlineData("http://127.0.0.1:1/;http://0.0.0.0:2")]
    [InlineData("http://0.0.0.0:2")]
    [InlineData("http://*:80")]
    [InlineData("http://+:80")]
    [InlineData("http://[::]:80")]
    [InlineData("http://loopback:80")]
    [InlineData("http://localhost.example:80")]
    [InlineData("http://127.0.0.1.example:80")]
    [InlineData("https://127.0.0.1:1;http://exchange.example")]
    public void Open_to_others_in_plain_http_is_refused(string urls) => Assert.Contains("loopback", Assert.Throws<UsageException>(() => Addresses.Of(urls, demo: false)).Message, StringComparison.Ordinal);

    [Theory, InlineData("https://0.0.0.0:443"), InlineData("https://127.0.0.1:1;https://exchange.example")]
    public void Open_to_others_is_refused_to_a_demo(string urls)
    {
        Assert.NotEmpty(Addresses.Of(urls, demo: false));
        Assert.Throws<UsageException>(() => Addresses.Of(urls, demo: true));
    }

    [Theory, InlineData(""), InlineData(";"), InlineData("127.0.0.1:80"), InlineData("ftp://127.0.0.1"), InlineData("http://unix:/tmp/socket"), InlineData("http://127.0.0.1:80/path"), InlineData("http://127.0.0.1:99999"), InlineData("nonsense")]
    public void That_is_none_is_refused(string urls) => Assert.Throws<UsageException>(() => Addresses.Of(urls, demo: false));
}

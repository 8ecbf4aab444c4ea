using Trading.Matching.Contracts;

namespace Trading.Gateway.Tests;

public sealed class ReadingDecimals
{
    [Theory, InlineData("0", "0"), InlineData("-1.50", "-1.5"), InlineData("00012.340", "12.34"), InlineData("999999999999999999999999999", "999999999999999999999999999")]
    public void Takes_plain_decimals(string text, string value) => Assert.Equal(value, Json.Text(Json.Decimal(text, "price")));

    [Theory, InlineData(""), InlineData(" 1"), InlineData("1 "), InlineData("+1"), InlineData("1e3"), InlineData(".5"), InlineData("5."), InlineData("1,000"), InlineData("NaN"), InlineData("0x1"), InlineData("١"), InlineData("1\n")]
    public void Refuses_what_is_none(string text) => Assert.Equal("NOT_A_DECIMAL", Refused(() => Json.Decimal(text, "price")));

    [Theory, InlineData("9999999999999999999999999999"), InlineData("1.0000000000000000000000000001"), InlineData("99999999999999999999999999999999999")]
    public void Refuses_what_cannot_be_held(string text) => Assert.Equal("OUT_OF_RANGE", Refused(() => Json.Decimal(text, "price")));

    [Fact]
    public void Says_more_decimals_than_the_tick_and_too_large_apart()
    {
        var unit = new TradingUnit(0.01m, 0.001m);
        Assert.Equal(8197, Json.Whole("81.97", "price", unit.Tick, unit.Ticks));
        Assert.Equal("TOO_MANY_DECIMALS", Refused(() => Json.Whole("81.975", "price", unit.Tick, unit.Ticks)));
        Assert.Equal("OUT_OF_RANGE", Refused(() => Json.Whole("99999999999999999999", "price", unit.Tick, unit.Ticks)));
        Assert.Equal(long.MaxValue, Json.Whole("92233720368547758.07", "price", unit.Tick, unit.Ticks));
    }

    [Theory, InlineData("1.50", "1.5"), InlineData("100", "100"), InlineData("0.00", "0"), InlineData("-0.10", "-0.1")]
    public void Writes_the_shortest_form(string value, string text) => Assert.Equal(text, Json.Text(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture)));

    private static string Refused(Func<object> read) => Assert.Throws<RefusedException>(() => read()).Refused.Code;
}

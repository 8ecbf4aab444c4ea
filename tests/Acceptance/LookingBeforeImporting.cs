using System.Text;

namespace Trading.Acceptance;

/// <summary>A dry run says everything that the real one would refuse, and neither does anything then.</summary>
[Trait("layer", "acceptance")]
public sealed class LookingBeforeImporting(OneExchange one) : IClassFixture<OneExchange>
{
    private const string Participants = "id,credit_code,name_zh,name_en,kind,region,basin\n";
    private const string Instruments = "symbol,name_zh,name_en,class,indicator,basin,region,unit,unit_decimals,venue_mode,vintage,valid_through\n";
    private const string Users = "name,role,participant,password\n";

    [Theory]
    [InlineData("funds", "participant,amount,reference\nsteel,0,a\nsteel,-5,b\nsteel,1.00,c\nsteel,2.00,c\nsteel,999999999999999999999999999,d\n", "line 2, column amount: AMOUNT_NOT_POSITIVE", "line 3, column amount: AMOUNT_NOT_POSITIVE", "line 6, column amount: OUT_OF_RANGE")]
    [InlineData("funds", "participant,amount,reference\nsteel,1.00,c\nsteel,2.00,c\n", "line 3, column row: IDEMPOTENCY_KEY_REUSED")]
    [InlineData("funds", "participant,amount,amount,reference\nsteel,1.00,1.00,c\n", "line 1, column amount: IMPORT_HEADER_TWICE")]
    [InlineData("funds", "participant,amount,reference\nsteel,1.00,a\u0000b\n", "line 2, column reference: TEXT_INVALID")]
    [InlineData("allocations", "participant,symbol,quantity,reason,operation\nsteel,CEA-2025,0,r,o-1\nsteel,CEA-2025,1.5,r,o-2\n", "line 2, column quantity: QTY_NOT_POSITIVE", "line 3, column quantity: TOO_MANY_DECIMALS")]
    [InlineData("participants", Participants + "new,91320583MA1XG7KD24,新,New,Enterprise,320583,Taihu\n", "line 2, column row: CREDIT_CODE_INVALID")]
    [InlineData("participants", Participants + "NEW,91320583MA1XG7KD23,新,New,Enterprise,320583,Taihu\n", "line 2, column row: PARTICIPANT_INVALID")]
    [InlineData("participants", Participants + "steel,91320583MA1XG7KD23,另,Other,Enterprise,320583,Taihu\n", "line 2, column row: PARTICIPANT_EXISTS")]
    [InlineData("participants", Participants + "new,91320583MA1XG7KD23,新,New,Guild,999999,Taihu\nnew2,91320583MA1XG7KD23,新,New,Enterprise,320583,Amazon\n", "line 2, column kind: FIELD_INVALID", "line 2, column region: FIELD_INVALID", "line 3, column basin: FIELD_INVALID")]
    [InlineData("instruments", Instruments + "lower,名,Name,Water,,,,m3,0,Operate,,\n", "line 2, column row: INSTRUMENT_INVALID")]
    [InlineData("instruments", Instruments + "CARBON-2,名,Name,Carbon,,,,t,0,Operate,,\n", "line 2, column row: PRODUCT_CONFIG")]
    [InlineData("instruments", Instruments + "WATER-9,名,Name,Water,,Amazon,329999,m3,0,Operate,,\n", "line 2, column basin: FIELD_INVALID", "line 2, column region: FIELD_INVALID")]
    [InlineData("listings", "symbol,tick,lot,confirmation,reference,lower,upper,fee\nCEA-2025,0.01,1,None,80.00,,,0.0005\n", "line 2, column row: INSTRUMENT_EXISTS")]
    [InlineData("users", Users + "fresh,enterprise,steel,short\n", "line 2, column password: PASSWORD_TOO_SHORT")]
    [InlineData("users", Users + "fresh,enterprise,,a long enough one\nbad name,regulator,,a long enough one\nsteel,operator,,a long enough one\nfresh2,regulator,steel,a long enough one\n", "line 2, column row: USER_INVALID", "line 3, column row: USER_INVALID", "line 4, column row: USER_EXISTS", "line 5, column row: USER_INVALID")]
    public async Task Says_what_the_real_one_would_refuse(string kind, string content, params string[] found)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, content, Encoding.UTF8, TestContext.Current.CancellationToken);
        foreach (var how in (string[][])[["--dry-run"], []])
        {
            var (exit, said) = await Exchange.Run(["import", kind, file, "--data", one.Exchange.Folder, .. how]);
            Assert.Equal(1, exit);
            Assert.All(found, line => Assert.Contains(line, said, StringComparison.Ordinal));
            Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
            Assert.DoesNotContain("'short'", said, StringComparison.Ordinal);
        }

        File.Delete(file);
    }

    [Fact]
    public async Task Finds_nothing_in_the_demo_province_itself()
    {
        var demo = Path.Combine(Path.GetDirectoryName(Exchange.Server)!, "demo");
        foreach (var kind in (string[])["participants", "instruments", "listings", "allocations", "funds"])
        {
            var (exit, said) = await Exchange.Run("import", kind, Path.Combine(demo, kind + ".csv"), "--dry-run", "--data", one.Exchange.Folder);
            Assert.True(exit == 0, said);
        }
    }
}

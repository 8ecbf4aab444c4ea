using CsCheck;
using Trading.Registry.Participants;

namespace Trading.Registry.Tests;

public sealed class CreditCodes
{
    private const string Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

    // Real, public codes.
    [Theory, InlineData("91350100M000100Y43"), InlineData("91110000802100433B")]
    public void Of_real_organisations_are_valid(string code) => Assert.True(CreditCode.IsValid(code));

    [Theory, InlineData(""), InlineData("91350100M000100Y4"), InlineData("91350100M000100Y433"), InlineData("91350100m000100Y43"), InlineData("91350100I000100Y43")]
    public void Of_another_shape_are_not(string code) => Assert.False(CreditCode.IsValid(code));

    [Fact]
    public void With_one_character_changed_are_not_valid() =>
        Gen.Select(Gen.Int[0, 30].Array[17], Gen.Int[0, 17], Gen.Int[1, 30]).Sample((body, place, shift) =>
        {
            var text = string.Concat(body.Select(v => Alphabet[v]));
            var code = text + CreditCode.CheckCharacter(text);
            Assert.True(CreditCode.IsValid(code));
            var changed = code.ToCharArray();
            changed[place] = Alphabet[(Alphabet.IndexOf(code[place], StringComparison.Ordinal) + shift) % 31];
            Assert.False(CreditCode.IsValid(new(changed)));
        }, iter: 2_000);
}

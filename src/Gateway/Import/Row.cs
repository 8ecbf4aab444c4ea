using System.Globalization;

namespace Trading.Gateway.Import;

/// <summary>One cell that cannot be read: where it stands, a stable code, and what it says. Line 0 is the file itself.</summary>
internal sealed record CellError(int Line, string Column, string Code, string Value)
{
    public override string ToString() => $"{(Line == 0 ? "" : $"line {Line}, column {Column}: ")}{Code} '{Value}' · {CodeBook.Of(Code).Zh} · {CodeBook.Of(Code).En}";
}

/// <summary>A row by column name; asking for a cell that is not as it should be is noted and reading goes on, so that one look finds all.</summary>
/// <param name="places">Where in a row each column stands; one for all rows, for there may be hundreds of thousands.</param>
internal sealed class Row(int line, IReadOnlyDictionary<string, int> places, string[] cells, List<CellError> errors)
{
    public int Line { get; } = line;

    private string Cell(string column) => places.TryGetValue(column, out var place) ? cells[place] : "";

    public string Text(string column)
    {
        var value = Cell(column);
        if (value.Length == 0) Wrong(column, "FIELD_MISSING", "");
        return value;
    }

    public string? Optional(string column) => Cell(column) is { Length: > 0 } value ? value : null;

    public decimal Decimal(string column)
    {
        var text = Text(column);
        if (text.Length == 0) return 0;
        try
        {
            return Json.Decimal(text, column);
        }
        catch (RefusedException wrong)
        {
            Wrong(column, wrong.Refused.Code, text);
            return 0;
        }
    }

    /// <summary>A whole number of steps above zero; else noted, and 1.</summary>
    public long Positive(string column, decimal step, Func<decimal, long?> convert, string notPositive) => Whole(column, step, convert, 1, notPositive);

    /// <summary>A whole number of steps from the least on; else noted, and 1.</summary>
    public long Whole(string column, decimal step, Func<decimal, long?> convert, long least, string below)
    {
        var text = Text(column);
        if (text.Length == 0) return 1;
        try
        {
            var whole = Json.Whole(text, column, step, convert);
            if (whole >= least) return whole;
            Wrong(column, below, text);
        }
        catch (RefusedException wrong)
        {
            Wrong(column, wrong.Refused.Code, text);
        }

        return 1;
    }

    public int Number(string column, int from, int to)
    {
        var value = Decimal(column);
        if (value == decimal.Truncate(value) && value >= from && value <= to) return (int)value;
        Wrong(column, "OUT_OF_RANGE", value.ToString(CultureInfo.InvariantCulture));
        return from;
    }

    public T Word<T>(string column) where T : struct, Enum
    {
        var text = Text(column);
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase)) return value;
        }

        if (text.Length > 0) Wrong(column, "FIELD_INVALID", text);
        return default;
    }

    /// <summary>What was wrong with the cell as such is all there is to say of it: a formula is nobody's name, and not one that is unknown.</summary>
    public void Wrong(string column, string code, string value)
    {
        if (!errors.Exists(e => e.Line == Line && e.Column == column)) errors.Add(new(Line, column, code, value));
    }
}

namespace Trading.Matching.Core;

/// <summary>Where the market writes what happened. Grows once to what a batch needs and is used again.</summary>
public sealed class OutputBuffer
{
    private Output[] outputs = new Output[256];
    private int count;

    public ReadOnlySpan<Output> Written => outputs.AsSpan(0, count);

    public void Clear() => count = 0;

    /// <summary>A zeroed output to fill in; valid until the next call.</summary>
    internal ref Output Next(OutputKind kind, in Command cause)
    {
        if (count == outputs.Length) Array.Resize(ref outputs, outputs.Length * 2);
        ref var next = ref outputs[count++];
        next = default;
        next.Kind = kind;
        next.AtMicros = cause.AtMicros;
        return ref next;
    }
}

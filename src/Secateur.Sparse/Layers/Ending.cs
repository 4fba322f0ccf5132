using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>What is done to a layer's sums as they are put out: floats are activated, those that stand for integers become such, or are scaled, or become bytes again.</summary>
internal readonly unsafe struct Ending
{
    private readonly Form _form;
    private readonly Activation _activation, _last;
    private readonly float* _residual, _factors, _bias;
    private readonly int* _added;
    private readonly bool _each, _signed;
    private readonly int _zero;

    private enum Form
    {
        Floats,
        Integers,
        Scaled,
        Bytes,
    }

    /// <summary>last(sums + residual)</summary>
    /// <param name="residual">Like the output; null where there is none.</param>
    /// <param name="last">Of the sum.</param>
    public Ending(float* residual, Activation last)
    {
        (_form, _last) = (Form.Floats, last);
        _residual = residual;
    }

    /// <summary>last(activation(sums · scales + bias) + residual)</summary>
    /// <param name="scales">[outputs], or one.</param>
    /// <param name="each">Which of the two.</param>
    /// <param name="bias">[outputs]; null where there is none.</param>
    /// <param name="activation">Of the layer.</param>
    /// <param name="residual">Like the output; null where there is none.</param>
    /// <param name="last">Of the sum.</param>
    public Ending(float* scales, bool each, float* bias, Activation activation, float* residual, Activation last)
    {
        (_form, _each, _activation, _last) = (Form.Scaled, each, activation, last);
        _factors = scales;
        _bias = bias;
        _residual = residual;
    }

    /// <summary>Bytes: (sums + added) · factors, rounded, and the zero point.</summary>
    /// <param name="added">[outputs]; null where nothing is.</param>
    /// <param name="factors">[outputs]</param>
    /// <param name="zero">Of the output.</param>
    /// <param name="signed">Whether that is of −128 to 127.</param>
    public Ending(int* added, float* factors, int zero, bool signed)
    {
        (_form, _zero, _signed) = (Form.Bytes, zero, signed);
        _added = added;
        _factors = factors;
    }

    private Ending(Form form) => _form = form;

    /// <summary>Integers of 32 bits, in the place of the sums.</summary>
    public static Ending Integers => new(Form.Integers);

    /// <summary>Whether what is made of the sums takes their place; else it is written to the output at once.</summary>
    public bool IsInPlace => _form != Form.Bytes;

    /// <summary>Whether sums are floats already, and only their sum with the residual is activated.</summary>
    public bool IsOfFloats => _form == Form.Floats;

    /// <summary>Some tokens' sums.</summary>
    /// <param name="sums">[tokens, outputs]</param>
    /// <param name="y">All of the output.</param>
    /// <param name="first">The first of these tokens.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="outputs">Of a token.</param>
    public void Apply(float* sums, void* y, long first, long tokens, int outputs)
    {
        var (at, count) = (first * outputs, tokens * outputs);
        if (_form == Form.Integers) Kernels.Integers.ToIntegers(sums, count);
        for (var token = 0L; _form is Form.Scaled or Form.Bytes && token < tokens; token++)
        {
            var line = token * outputs;
            if (_form == Form.Scaled) Kernels.Integers.Scale(sums + line, _factors, _each, _bias, outputs);
            else Kernels.Integers.Narrow(sums + line, _added, _factors, true, _zero, _signed, (byte*)y + at + line, outputs);
        }
        Finish(sums, at, count);
    }

    /// <summary>Some pixels' sums of one output.</summary>
    /// <param name="sums">[pixels]</param>
    /// <param name="y">All of the output.</param>
    /// <param name="at">Where in it they belong.</param>
    /// <param name="output">Which one.</param>
    /// <param name="pixels">How many.</param>
    public void ApplyToOne(float* sums, void* y, long at, int output, long pixels)
    {
        if (_form == Form.Integers) Kernels.Integers.ToIntegers(sums, pixels);
        else if (_form == Form.Bytes) Kernels.Integers.Narrow(sums, _added is null ? null : _added + output, _factors + output, false, _zero, _signed, (byte*)y + at, pixels);
        else if (_form == Form.Scaled)
        {
            Kernels.Integers.Scale(sums, _each ? _factors + output : _factors, false, null, pixels);
            if (_bias is not null) Activations.AddToAll(sums, _bias[output], pixels);
        }
        Finish(sums, at, pixels);
    }

    /// <summary>Floats that are where they belong: stretches of some outputs, one below the other.</summary>
    /// <param name="y">All of the output.</param>
    /// <param name="at">Where in it the first one is.</param>
    /// <param name="outputs">How many.</param>
    /// <param name="count">Of each.</param>
    /// <param name="stride">From one to the next.</param>
    public void Finish(float* y, long at, int outputs, long count, long stride)
    {
        if (_residual is not null || _last.Kind != ActivationKind.None) Activations.AddAndApply(_last, y + at, _residual is null ? null : _residual + at, outputs, count, stride);
    }

    private void Finish(float* sums, long at, long count)
    {
        if (_form is Form.Integers or Form.Bytes) return;
        Activations.Apply(_activation, sums, count);
        if (_residual is not null) Activations.AddAndApply(_last, sums, _residual + at, count);
        else Activations.Apply(_last, sums, count);
    }
}

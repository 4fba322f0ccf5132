namespace Secateur.Architectures;

/// <summary>Draws the weights that a network starts from: normal, mean 0. The same seed gives the same numbers, in the order asked for.</summary>
internal sealed class InitialWeights(long seed)
{
    private readonly Random random = new(Mix(seed));

    /// <summary>The deviation that keeps the variance of what passes through layers with ReLU: √(2 / fan).</summary>
    /// <remarks>He et al., "Delving Deep into Rectifiers", ICCV 2015, eq. 10 and 14 (arXiv:1502.01852).</remarks>
    /// <param name="fan">Inputs of one output, or outputs of one input.</param>
    public static double He(long fan) => Math.Sqrt(2.0 / fan);

    /// <summary>The deviation for layers without ReLU: √(2 / (inputs + outputs)).</summary>
    /// <remarks>Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, eq. 12.</remarks>
    public static double Glorot(long inputs, long outputs) => Math.Sqrt(2.0 / (inputs + outputs));

    /// <summary>Normal values of mean 0 (Box and Muller 1958, the cosine branch).</summary>
    public float[] Draw(long count, double deviation)
    {
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            var (radius, angle) = (Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())), 2 * Math.PI * random.NextDouble());
            values[i] = (float)(deviation * radius * Math.Cos(angle));
        }
        return values;
    }

    /// <summary>A long as one of <see cref="Random"/>'s 2³¹ seeds; neighbours land far apart (SplitMix64's finalizer).</summary>
    private static int Mix(long seed)
    {
        var z = unchecked((ulong)seed + 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return (int)((z ^ (z >> 31)) >> 33);
    }
}

// Runs the kernels of every level that this image and this processor have against the dense loops, on random shapes. Prints a line for each level;
// ends with 1 where something differs.
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Tests;

var failed = 0;
foreach (var level in Level.All)
{
    var check = new Check(level, new Random(args is [var seed] ? int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture) : 1));
    try
    {
        for (var i = 0; i < 60; i++) check.Product();
        for (var i = 0; i < 30; i++) check.Bytes();
        for (var i = 0; i < 60; i++) check.Values();
        for (var i = 0; i < 2; i++) check.Large();
        for (var i = 0; i < 40; i++) check.Integers();
        for (var i = 0; i < 60; i++) check.Convolution();
        Console.WriteLine($"{level.Name} ok: {string.Join(", ", check.Kernels.Order())}");
    }
    catch (InvalidOperationException difference)
    {
        Console.WriteLine($"{level.Name} failed: {difference.Message}");
        failed = 1;
    }
}
return failed;

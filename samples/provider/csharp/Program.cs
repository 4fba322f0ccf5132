// dotnet run MODEL: runs it with Secateur's provider on an input of 8 rows and prints what comes out.
using Microsoft.ML.OnnxRuntime;
using Secateur.Sparse;

using var options = new SessionOptions();
options.AppendSecateur(new() { Threshold = 0.5, Verbose = true });
using var session = new InferenceSession(args[0], options);

using var x = OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, 8 * 64).Select(i => (i % 7 - 3) / 4f).ToArray(), [8, 64]);
using var run = new RunOptions();
using var y = session.Run(run, ["x"], [x], ["y"]);
foreach (var value in y[0].GetTensorDataAsSpan<float>()) Console.WriteLine(value);

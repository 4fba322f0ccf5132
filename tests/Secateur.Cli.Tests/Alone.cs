using Xunit.Sdk;
using Xunit.v3;

// commands set the process's threads and measure its memory: one at a time
[assembly: Parallelization(Mode = ParallelMode.None)]

using System.Runtime.CompilerServices;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests.Layers;

/// <summary>With threads of a pool's own, as ONNX Runtime's are.</summary>
public sealed unsafe class WorkersTests
{
    [Fact]
    public void Each_number_is_done_once()
    {
        var done = stackalloc int[100];
        new Workers(null, &InParallel).For(&Count, 100, done);
        Assert.All(new Span<int>(done, 100).ToArray(), times => Assert.Equal(1, times));
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(100)]
    public void What_is_thrown_on_any_thread_is_thrown_to_the_caller(int count)
    {
        for (var time = 0; time < 20; time++)
        {
            Assert.Equal("number 0", Assert.Throws<OutOfMemoryException>(() => new Workers(null, &InParallel).For(&Fail, (nuint)count, null)).Message);
            Assert.Equal("number 0", Assert.Throws<OutOfMemoryException>(() => Workers.Alone.For(&Fail, (nuint)count, null)).Message);
        }
    }

    private static void Count(void* state, nuint number) => Interlocked.Increment(ref Unsafe.AsRef<int>((int*)state + number));

    private static void Fail(void* state, nuint number)
    {
        if (number == 0) throw new OutOfMemoryException("number 0");
    }

    private static void InParallel(void* context, delegate* unmanaged[Cdecl]<void*, nuint, void> body, nuint count, void* state)
    {
        var (address, argument) = ((nint)body, (nint)state);
        var threads = Enumerable.Range(0, (int)count).Select(number => new Thread(() => ((delegate* unmanaged[Cdecl]<void*, nuint, void>)address)((void*)argument, (nuint)number))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }
}

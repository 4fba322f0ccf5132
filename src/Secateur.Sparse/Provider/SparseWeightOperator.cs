using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>The provider's own operators: make the elements of a packed weight (<see cref="SparseWeightBytes"/>), floats, or bytes of either kind. ONNX Runtime knows them in every session that has the provider.</summary>
/// <remarks>Whatever multiplies by the elements is claimed together with it, and they are never made. Where nothing claims it, it runs as it is: correct, and slow.</remarks>
internal sealed unsafe class SparseWeightOperator : IDisposable
{
    private static readonly int[] Types = [SparseWeightBytes.Float, SparseWeightBytes.Byte, SparseWeightBytes.SignedByte];
    private static readonly string[] Names = [.. Types.Select(type => $"{SparseWeightBytes.Domain}.{SparseWeightBytes.Operator(type)}")];

    private readonly Ort _ort;
    private readonly Made[] _operators;

    /// <param name="ort">Which calls.</param>
    public SparseWeightOperator(Ort ort)
    {
        _ort = ort;
        fixed (byte* domain = Encoding.UTF8.GetBytes(SparseWeightBytes.Domain + "\0"))
        {
            void* made;
            _ort.Check(((delegate* unmanaged[Cdecl]<byte*, void**, void*>)_ort[Slot.CreateCustomOpDomain])(domain, &made));
            Handle = made;
        }
        _operators = [.. Types.Select(type => new Made(ort, type))];
        foreach (var one in _operators) _ort.Check(((delegate* unmanaged[Cdecl]<void*, void*, void*>)_ort[Slot.CustomOpDomain_Add])(Handle, one.Handle));
    }

    /// <summary>OrtCustomOpDomain</summary>
    public void* Handle { get; }

    /// <param name="name">Of an operator, its domain first.</param>
    public static bool Is(string name) => Names.Contains(name);

    public void Dispose()
    {
        ((delegate* unmanaged[Cdecl]<void*, void>)_ort[Slot.ReleaseCustomOpDomain])(Handle);
        foreach (var one in _operators) one.Dispose();
    }

    /// <summary>The operator for one type of elements.</summary>
    private sealed class Made : IDisposable
    {
        public Made(Ort ort, int type)
        {
            (Runtime, Type) = (ort, type);
            Name = (byte*)Marshal.StringToCoTaskMemUTF8(SparseWeightBytes.Operator(type));
            var made = OrtObject.Make(this);
            made[2] = (delegate* unmanaged[Cdecl]<void*, byte*>)&GetName;
            made[3] = (delegate* unmanaged[Cdecl]<void*, void*>)&GetExecutionProviderType;
            made[4] = (delegate* unmanaged[Cdecl]<void*, nuint, int>)&GetInputType;
            made[5] = (delegate* unmanaged[Cdecl]<void*, nuint>)&One;
            made[6] = (delegate* unmanaged[Cdecl]<void*, nuint, int>)&GetOutputType;
            made[7] = (delegate* unmanaged[Cdecl]<void*, nuint>)&One;
            made[9] = (delegate* unmanaged[Cdecl]<void*, void>)&KernelDestroy;
            for (var characteristic = 10; characteristic <= 12; characteristic++) made[characteristic] = (delegate* unmanaged[Cdecl]<void*, nuint, int>)&Required; // inputs, outputs; where in memory
            for (var variadic = 13; variadic <= 16; variadic++) made[variadic] = (delegate* unmanaged[Cdecl]<void*, int>)&First;
            made[17] = (delegate* unmanaged[Cdecl]<void*, void*, void*, void**, void*>)&CreateKernel;
            made[18] = (delegate* unmanaged[Cdecl]<void*, void*, void*>)&KernelCompute;
            made[20] = (delegate* unmanaged[Cdecl]<void*, int>)&First;
            made[21] = (delegate* unmanaged[Cdecl]<void*, int>)&Last;
            Handle = made;
        }

        public Ort Runtime { get; }

        /// <summary>Of the elements.</summary>
        public int Type { get; }

        public byte* Name { get; }

        /// <summary>OrtCustomOp</summary>
        public void** Handle { get; }

        public void Dispose()
        {
            OrtObject.Free(Handle);
            Marshal.FreeCoTaskMem((nint)Name);
        }
    }

    /// <summary>The elements of one node, made once and given out in each run.</summary>
    private sealed class Kernel(Ort ort, Native<byte> elements, long[] shape) : IDisposable
    {
        public Ort Runtime => ort;

        public void Run(void* context)
        {
            void* value;
            fixed (long* first = shape) ort.Check(ort.Output(context, 0, first, (nuint)shape.Length, &value));
            var bytes = (ulong)elements.Bytes;
            Buffer.MemoryCopy(elements.Pointer, (void*)ort.Read<nint>(Slot.GetTensorMutableData, value), bytes, bytes);
        }

        public void Dispose() => elements.Dispose();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateKernel(void* made, void* functions, void* info, void** kernel)
    {
        var (ort, type) = (OrtObject.Of<Made>(made).Runtime, OrtObject.Of<Made>(made).Type);
        *kernel = null;
        try
        {
            var shape = Shape(ort, info);
            var bytes = Bytes(ort, info);
            var elements = PackedWeight.Reading(Name(ort, info), () =>
            {
                var parts = SparseWeightBytes.Read(PackedWeight.Span(bytes));
                if (parts.Head.Type != type) throw new InvalidDataException("is of another type than the node's");
                if (!parts.Head.Holds(shape)) throw new InvalidDataException("is of another shape than the node's");
                var count = checked(parts.Head.Rows * parts.Head.Columns);
                var tensor = new Native<byte>((long)count * parts.Head.Width);
                if (type == SparseWeightBytes.Float) parts.CopyTo(new Span<float>(tensor.Pointer, count));
                else parts.CopyTo(new Span<byte>(tensor.Pointer, count));
                return tensor;
            });
            *kernel = OrtObject.Make(new Kernel(ort, elements, shape));
            return null;
        }
        catch (Exception thrown)
        {
            return ort.Status(thrown);
        }
    }

    private static OrtTensor Bytes(Ort ort, void* info)
    {
        int constant;
        void* value;
        ort.Check(((delegate* unmanaged[Cdecl]<void*, nuint, int*, void**, void*>)ort[Slot.KernelInfoGetConstantInput_tensor])(info, 0, &constant, &value));
        return constant != 0 ? new(ort, value) : throw new OrtException(OrtException.InvalidArgument, $"{ProviderFactory.Name}: node '{Name(ort, info)}': its weight is no constant; pack the model again");
    }

    private static string Name(Ort ort, void* info)
    {
        nuint length = 0;
        var read = (delegate* unmanaged[Cdecl]<void*, byte*, nuint*, void*>)ort[Slot.KernelInfo_GetNodeName];
        ort.Check(read(info, null, &length));
        var text = new byte[Math.Max(1, (int)length)];
        fixed (byte* first = text) ort.Check(read(info, first, &length));
        return Encoding.UTF8.GetString(text).TrimEnd('\0');
    }

    private static long[] Shape(Ort ort, void* info)
    {
        nuint count = 0;
        var read = (delegate* unmanaged[Cdecl]<void*, byte*, long*, nuint*, void*>)ort[Slot.KernelInfoGetAttributeArray_int64];
        fixed (byte* name = "shape\0"u8)
        {
            ort.Check(read(info, name, null, &count));
            var shape = new long[count];
            fixed (long* first = shape) ort.Check(read(info, name, first, &count));
            return shape;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* KernelCompute(void* kernel, void* context)
    {
        var running = OrtObject.Of<Kernel>(kernel);
        try
        {
            running.Run(context);
            return null;
        }
        catch (Exception thrown)
        {
            return running.Runtime.Status(thrown);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KernelDestroy(void* kernel)
    {
        if (kernel is null) return;
        OrtObject.Of<Kernel>(kernel).Dispose();
        OrtObject.Free(kernel);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(void* made) => OrtObject.Of<Made>(made).Name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetExecutionProviderType(void* made) => null; // the processor's own

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputType(void* made, nuint at) => Ort.Byte;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetOutputType(void* made, nuint at) => OrtObject.Of<Made>(made).Type;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint One(void* made) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Required(void* made, nuint at) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int First(void* made) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Last(void* made) => int.MaxValue;
}

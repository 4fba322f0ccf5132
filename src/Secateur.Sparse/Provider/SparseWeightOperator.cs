using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>The provider's own operator: makes the floats of a packed weight (<see cref="SparseWeightBytes"/>). ONNX Runtime knows it in every session that has the provider.</summary>
/// <remarks>Whatever multiplies by the floats is claimed together with it, and they are never made. Where nothing claims it, it runs as it is: correct, and slow.</remarks>
internal sealed unsafe class SparseWeightOperator : IDisposable
{
    public const string FullName = $"{SparseWeightBytes.Domain}.{SparseWeightBytes.Type}";
    public const int Byte = 2; // ONNX's number of the element type

    private readonly Ort _ort;
    private readonly byte* _type;
    private readonly void** _operator; // OrtCustomOp

    /// <param name="ort">Which calls.</param>
    public SparseWeightOperator(Ort ort)
    {
        _ort = ort;
        _type = (byte*)Marshal.StringToCoTaskMemUTF8(SparseWeightBytes.Type);
        _operator = OrtObject.Make(this);
        _operator[2] = (delegate* unmanaged[Cdecl]<void*, byte*>)&GetName;
        _operator[3] = (delegate* unmanaged[Cdecl]<void*, void*>)&GetExecutionProviderType;
        _operator[4] = (delegate* unmanaged[Cdecl]<void*, nuint, int>)&GetInputType;
        _operator[5] = (delegate* unmanaged[Cdecl]<void*, nuint>)&One;
        _operator[6] = (delegate* unmanaged[Cdecl]<void*, nuint, int>)&GetOutputType;
        _operator[7] = (delegate* unmanaged[Cdecl]<void*, nuint>)&One;
        _operator[9] = (delegate* unmanaged[Cdecl]<void*, void>)&KernelDestroy;
        for (var characteristic = 10; characteristic <= 12; characteristic++) _operator[characteristic] = (delegate* unmanaged[Cdecl]<void*, nuint, int>)&Required; // inputs, outputs; where in memory
        for (var variadic = 13; variadic <= 16; variadic++) _operator[variadic] = (delegate* unmanaged[Cdecl]<void*, int>)&First;
        _operator[17] = (delegate* unmanaged[Cdecl]<void*, void*, void*, void**, void*>)&CreateKernel;
        _operator[18] = (delegate* unmanaged[Cdecl]<void*, void*, void*>)&KernelCompute;
        _operator[20] = (delegate* unmanaged[Cdecl]<void*, int>)&First;
        _operator[21] = (delegate* unmanaged[Cdecl]<void*, int>)&Last;
        fixed (byte* domain = Encoding.UTF8.GetBytes(SparseWeightBytes.Domain + "\0"))
        {
            void* made;
            _ort.Check(((delegate* unmanaged[Cdecl]<byte*, void**, void*>)_ort[Slot.CreateCustomOpDomain])(domain, &made));
            Handle = made;
        }
        _ort.Check(((delegate* unmanaged[Cdecl]<void*, void*, void*>)_ort[Slot.CustomOpDomain_Add])(Handle, _operator));
    }

    /// <summary>OrtCustomOpDomain</summary>
    public void* Handle { get; }

    public void Dispose()
    {
        ((delegate* unmanaged[Cdecl]<void*, void>)_ort[Slot.ReleaseCustomOpDomain])(Handle);
        OrtObject.Free(_operator);
        Marshal.FreeCoTaskMem((nint)_type);
    }

    /// <summary>The floats of one node, made once and given out in each run.</summary>
    private sealed class Kernel(Ort ort, Native<float> floats, long[] shape) : IDisposable
    {
        public Ort Runtime => ort;

        public void Run(void* context)
        {
            void* value;
            fixed (long* first = shape) ort.Check(ort.Output(context, 0, first, (nuint)shape.Length, &value));
            var bytes = (ulong)floats.Bytes;
            Buffer.MemoryCopy(floats.Pointer, (void*)ort.Read<nint>(Slot.GetTensorMutableData, value), bytes, bytes);
        }

        public void Dispose() => floats.Dispose();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* CreateKernel(void* made, void* functions, void* info, void** kernel)
    {
        var ort = OrtObject.Of<SparseWeightOperator>(made)._ort;
        *kernel = null;
        try
        {
            var shape = Shape(ort, info);
            var bytes = Bytes(ort, info);
            var floats = PackedWeight.Reading(Name(ort, info), () =>
            {
                var parts = SparseWeightBytes.Read(PackedWeight.Span(bytes));
                if (!parts.Head.Fits(shape)) throw new InvalidDataException("is of another shape than the node's");
                var tensor = new Native<float>((long)parts.Head.Rows * parts.Head.Columns);
                parts.CopyTo(new(tensor.Pointer, checked((int)tensor.Length)));
                return tensor;
            });
            *kernel = OrtObject.Make(new Kernel(ort, floats, shape));
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
    private static byte* GetName(void* made) => OrtObject.Of<SparseWeightOperator>(made)._type;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetExecutionProviderType(void* made) => null; // the processor's own

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputType(void* made, nuint at) => Byte;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetOutputType(void* made, nuint at) => Ort.Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint One(void* made) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Required(void* made, nuint at) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int First(void* made) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Last(void* made) => int.MaxValue;
}

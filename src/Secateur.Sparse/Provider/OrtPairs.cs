using System.Runtime.InteropServices;
using System.Text;

namespace Secateur.Sparse.Provider;

/// <summary>ONNX Runtime's list of texts by their names.</summary>
internal readonly unsafe ref struct OrtPairs : IDisposable
{
    private readonly Ort _ort;

    /// <param name="ort">Which one.</param>
    /// <param name="pairs">Owned from here on.</param>
    public OrtPairs(Ort ort, void* pairs)
    {
        _ort = ort;
        Handle = pairs;
    }

    /// <summary>An empty list.</summary>
    public OrtPairs(Ort ort)
    {
        void* pairs;
        ((delegate* unmanaged[Cdecl]<void**, void>)ort[Slot.CreateKeyValuePairs])(&pairs);
        _ort = ort;
        Handle = pairs;
    }

    public void* Handle { get; }

    public void Add(string key, string value)
    {
        fixed (byte* keyText = Encoding.UTF8.GetBytes(key + "\0"), valueText = Encoding.UTF8.GetBytes(value + "\0"))
            ((delegate* unmanaged[Cdecl]<void*, byte*, byte*, void>)_ort[Slot.AddKeyValuePair])(Handle, keyText, valueText);
    }

    public Dictionary<string, string> ToDictionary()
    {
        nint* keys, values;
        nuint count;
        ((delegate* unmanaged[Cdecl]<void*, nint**, nint**, nuint*, void>)_ort[Slot.GetKeyValuePairs])(Handle, &keys, &values, &count);
        var read = new Dictionary<string, string>();
        for (nuint i = 0; i < count; i++) read[Marshal.PtrToStringUTF8(keys[i])!] = Marshal.PtrToStringUTF8(values[i]) ?? "";
        return read;
    }

    public void Dispose() => ((delegate* unmanaged[Cdecl]<void*, void>)_ort[Slot.ReleaseKeyValuePairs])(Handle);
}

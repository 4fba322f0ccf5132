using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Secateur.Sparse.Provider;

/// <summary>The execution provider of one session: says which nodes it takes, and makes layers of them.</summary>
internal sealed unsafe class SparseProvider
{
    private const long MuchGarbage = 4 << 20; // bytes
    private const long MuchFreed = 4 << 20;   // elements of weights

    private readonly Ort _ort;
    private readonly byte* _name;
    private readonly ProviderOptions _options;
    private readonly Zeros _zeros = new();

    private SparseProvider(Ort ort, byte* name, ProviderOptions options)
    {
        _ort = ort;
        _name = name;
        _options = options;
    }

    /// <param name="ort">Which calls.</param>
    /// <param name="name">Lives longer than the provider.</param>
    /// <param name="options">Of the session.</param>
    /// <returns>OrtEp</returns>
    public static void* Make(Ort ort, byte* name, ProviderOptions options)
    {
        ClaimLog.Check(options);
        var made = OrtObject.Make(new SparseProvider(ort, name, options));
        made[1] = (delegate* unmanaged[Cdecl]<void*, byte*>)&GetName;
        made[2] = (delegate* unmanaged[Cdecl]<void*, void*, void*, void*>)&GetCapability;
        made[3] = (delegate* unmanaged[Cdecl]<void*, void**, void**, nuint, void**, void**, void*>)&Compile;
        made[4] = (delegate* unmanaged[Cdecl]<void*, void**, nuint, void>)&ReleaseNodeComputeInfos;
        return made;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(void* made) => OrtObject.Of<SparseProvider>(made)._name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* GetCapability(void* made, void* graph, void* support)
    {
        var provider = OrtObject.Of<SparseProvider>(made);
        try
        {
            using var log = new ClaimLog(provider._options, provider._zeros);
            var claims = new Claims(CostModel.Of(provider._options, provider._zeros), log);
            foreach (var claim in claims.In(new GraphView(provider._ort, graph))) provider.Fuse(claim, support);
            return null;
        }
        catch (Exception thrown)
        {
            return provider._ort.Status(thrown);
        }
    }

    private void Fuse(Claim claim, void* support)
    {
        var options = Ort.Version | 1UL << 32; // OrtNodeFusionOptions: the version, and that constants are not needed when it runs
        nint[] nodes = [.. claim.Nodes.Select(node => node.Handle)];
        fixed (nint* first = nodes) _ort.Check(_ort.AddNodesToFuse(support, (void**)first, (nuint)nodes.Length, &options));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Compile(void* made, void** graphs, void** fused, nuint count, void** computes, void** contexts)
    {
        var provider = OrtObject.Of<SparseProvider>(made);
        try
        {
            for (nuint i = 0; i < count; i++) computes[i] = null;
            var weights = 0L;
            for (nuint i = 0; i < count; i++) computes[i] = provider.Compile(graphs[i], fused[i], ref weights);
            if (weights > MuchFreed) OrtObject.Of<FusedNode>(computes[0]).IsAfterMuch = true;
            if (GC.GetTotalMemory(forceFullCollection: false) > MuchGarbage) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive); // what packing took; the next session may be far off
            return null;
        }
        catch (Exception thrown)
        {
            for (nuint i = 0; i < count; i++) Release(ref computes[i]);
            return provider._ort.Status(thrown);
        }
    }

    /// <param name="graph">The nodes.</param>
    /// <param name="fused">That which they become.</param>
    /// <param name="weights">Grows by the elements of theirs.</param>
    private void* Compile(void* graph, void* fused, ref long weights)
    {
        var nodes = new GraphView(_ort, graph);
        if (new Claims(null).In(nodes) is not [var claim] || claim.Nodes.Count != nodes.Nodes.Length)
            throw new OrtException(OrtException.Fail, $"{ProviderFactory.Name}: the nodes to fuse [{string.Join(", ", nodes.Nodes.Select(node => node.ToString()))}] are none that it asked for");
        weights += claim.Layers.Sum(layer => (long)layer.Weight.Rows * layer.Weight.Columns);
        string[] inputs = [.. _ort.List(Slot.Node_GetNumInputs, Slot.Node_GetInputs, fused).Select(value => _ort.Text(Slot.GetValueInfoName, (void*)value))];
        int Place(GraphValue? value) => value is null ? -1 : Array.IndexOf(inputs, value.Name);
        var places = new FusedNode.Places(Place(claim.Input), Place(claim.Residual), Place(claim.Zero), Place(claim.Scales));
        return FusedNode.Make(claim.ToNode(_ort, places, _options.Threads, _options.Values));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseNodeComputeInfos(void* made, void** computes, nuint count)
    {
        for (nuint i = 0; i < count; i++) Release(ref computes[i]);
    }

    private static void Release(ref void* compute)
    {
        if (compute is null) return;
        OrtObject.Of<FusedNode>(compute).Dispose();
        OrtObject.Free(compute);
        compute = null;
    }
}

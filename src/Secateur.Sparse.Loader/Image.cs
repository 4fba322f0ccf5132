using System.Runtime.InteropServices;

namespace Secateur.Sparse.Loader;

/// <summary>The provider compiled for one level of instructions, a file beside the loader's.</summary>
internal sealed unsafe class Image
{
    private const string Variable = "SECATEUR_LEVEL";

    private Image(nint library)
    {
        CreateEpFactories = (delegate* unmanaged[Cdecl]<byte*, void**, void*, void**, nuint, nuint*, void*>)NativeLibrary.GetExport(library, nameof(CreateEpFactories));
        ReleaseEpFactory = (delegate* unmanaged[Cdecl]<void*, void*>)NativeLibrary.GetExport(library, nameof(ReleaseEpFactory));
    }

    public delegate* unmanaged[Cdecl]<byte*, void**, void*, void**, nuint, nuint*, void*> CreateEpFactories { get; }
    public delegate* unmanaged[Cdecl]<void*, void*> ReleaseEpFactory { get; }

    /// <summary>That of the level which the environment asks for, or of the best one that runs here.</summary>
    /// <exception cref="InvalidOperationException">That level is none or runs not here, or no file is there.</exception>
    public static Image Load()
    {
        var levels = Level.Supported();
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } wanted)
        {
            if (!Level.All.Any(level => level.Name == wanted)) throw new InvalidOperationException($"{Variable} is '{wanted}'; it takes {string.Join(", ", Level.All.Select(level => level.Name))}");
            levels = [.. levels.Where(level => level.Name == wanted)];
            if (levels.Count == 0) throw new InvalidOperationException($"{Variable} is '{wanted}', which this processor does not have");
        }
        var folder = Folder();
        foreach (var level in levels)
        {
            var path = Path.Join(folder, level.File);
            if (File.Exists(path)) return new(NativeLibrary.Load(path));
        }
        throw new InvalidOperationException($"none of {string.Join(", ", levels.Select(level => level.File))} is in {folder}, beside the library that was registered; copy them there");
    }

    /// <summary>Where the loader's own code was mapped from.</summary>
    private static string Folder()
    {
        var own = (ulong)(delegate* unmanaged[Cdecl]<byte*, void**, void*, void**, nuint, nuint*, void*>)&Exports.CreateEpFactories;
        foreach (var line in File.ReadLines("/proc/self/maps")) // from-to rights offset device inode path
        {
            if (line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries) is not [var range, _, _, _, _, var path]) continue;
            var dash = range.IndexOf('-');
            if (Convert.ToUInt64(range[..dash], 16) <= own && own < Convert.ToUInt64(range[(dash + 1)..], 16)) return Path.GetDirectoryName(path) ?? "/";
        }
        throw new InvalidOperationException("its own file is not in /proc/self/maps");
    }
}

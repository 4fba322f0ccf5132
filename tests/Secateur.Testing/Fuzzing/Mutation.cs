using System.Runtime.InteropServices;

namespace Secateur.Testing.Fuzzing;

/// <summary>Files that are nearly models: bits flipped, cut, spliced, and fields deleted, doubled, moved or of other numbers and lengths.</summary>
public static class Mutation
{
    private static readonly ulong[] Numbers =
        [0, 1, 2, 3, 7, 8, 16, 17, 64, 255, 256, 1000, 1 << 20, int.MaxValue, 1UL << 31, 1UL << 32, 1UL << 40, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 1];

    /// <param name="seeds">Whole models.</param>
    /// <param name="seed">Gives the same file again.</param>
    public static byte[] Of(IReadOnlyList<byte[]> seeds, int seed)
    {
        var random = new Random(seed);
        var whole = seeds[random.Next(seeds.Count)];
        var times = random.Next(3) == 0 ? random.Next(2, 6) : 1;
        for (var time = 0; time < times; time++)
            whole = random.Next(3) == 0 ? OfBytes(whole, seeds, random) : OfFields(whole, seeds, random);
        return whole;
    }

    private static byte[] OfBytes(byte[] whole, IReadOnlyList<byte[]> seeds, Random random)
    {
        if (whole.Length < 4) return whole;
        var (place, length) = (random.Next(whole.Length), random.Next(1, 9));
        var end = Math.Min(place + length, whole.Length);
        switch (random.Next(5))
        {
            case 0:
                var flipped = (byte[])whole.Clone();
                flipped[place] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1: return whole[..place];
            case 2: return [.. whole[..place], .. whole[end..]];
            case 3: return [.. whole[..end], .. whole[place..]];
            default:
                var other = seeds[random.Next(seeds.Count)];
                return [.. whole[..place], .. other[random.Next(other.Length)..]];
        }
    }

    private static byte[] OfFields(byte[] whole, IReadOnlyList<byte[]> seeds, Random random)
    {
        if (WireField.Read(whole) is not { Count: > 0 } fields) return OfBytes(whole, seeds, random);
        var all = All(fields).ToArray();
        var (holder, field) = all[random.Next(all.Length)];
        switch (random.Next(8))
        {
            case 0: holder.Remove(field); break;
            case 1: holder.Insert(random.Next(holder.Count + 1), field); break;
            case 2: // a field of another place or file, under this one's number or its own
                var others = random.Next(2) == 0 ? all : [.. All(WireField.Read(seeds[random.Next(seeds.Count)])!)];
                var other = others[random.Next(others.Length)].Field;
                if (!All([other]).Any(inner => inner.Field == field)) holder[holder.IndexOf(field)] = other;
                if (random.Next(2) == 0 && other.Type == field.Type && other != field) other.Tag = field.Tag;
                break;
            case 3: field.Length = random.Next(2) == 0 ? Numbers[random.Next(Numbers.Length)] : (ulong)random.Next(300); break;
            case 4: field.Tag = ((ulong)random.Next(1, 26) << 3) | (field.Tag & 7); break;
            case 5 when field.Content.Length > 0 && field.Inner is null: field.Content = field.Content[..random.Next(field.Content.Length)]; break;
            case 6: random.Shuffle(CollectionsMarshal.AsSpan(holder)); break;
            default:
                var numbers = all.Where(one => one.Field.Type == WireType.Varint).ToArray();
                if (numbers.Length > 0) numbers[random.Next(numbers.Length)].Field.Number = Numbers[random.Next(Numbers.Length)];
                break;
        }
        return WireField.Write(fields);
    }

    private static IEnumerable<(List<WireField> Holder, WireField Field)> All(List<WireField> fields) =>
        fields.SelectMany(field => (field.Inner is null ? [] : All(field.Inner)).Prepend((fields, field)));
}

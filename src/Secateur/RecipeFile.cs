using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Schedules;
using Secateur.Training;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Secateur;

/// <summary>Recipes as YAML files, and the JSON schema that editors check them by.</summary>
public static class RecipeFile
{
    private const int Deepest = 4;

    private static readonly JsonSerializerOptions Strict = MakeStrict();

    /// <summary>Reads a recipe; what it leaves out has its default.</summary>
    /// <exception cref="SecateurException">No such file, no YAML, a key that is not known or a value that does not fit; the message names the line or key.</exception>
    public static Recipe Load(string path)
    {
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such recipe; check the path");
        try
        {
            var stream = new YamlStream();
            using var reader = new StreamReader(path);
            stream.Load(reader);
            if (stream.Documents is not [{ RootNode: YamlMappingNode root }]) throw new SecateurException($"{path}: is no recipe; write keys and values, such as sparsity: 0.9");
            return ToJson(root).Deserialize<Recipe>(Strict)!.Check(path);
        }
        catch (YamlException e)
        {
            throw new SecateurException($"{path}: line {e.Start.Line} is no YAML ({e.Message}); mend the line", e);
        }
        catch (ArgumentException e) when (e.ParamName == "parser") // YamlDotNet's word for a value where a key should be
        {
            throw new SecateurException($"{path}: is no YAML, a key is missing before a colon; mend the line", e);
        }
        catch (JsonException e)
        {
            var place = e.Path is { Length: > 2 } key ? key[2..] : "the recipe";
            throw new SecateurException($"{path}: '{place}' is no key of a recipe or its value does not fit; the keys are in docs/recipe.schema.json", e);
        }
    }

    /// <summary>The recipe as YAML, every key with its value.</summary>
    public static string ToYaml(Recipe recipe)
    {
        var lines = new List<string>();
        Write(JsonSerializer.SerializeToNode(recipe, Json.Options)!.AsObject(), "", lines);
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>The JSON schema of a recipe.</summary>
    public static string Schema()
    {
        var schema = Strict.GetJsonSchemaAsNode(typeof(Recipe), new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Words(context.PropertyInfo?.Name) is { } words
                ? new JsonObject { ["enum"] = new JsonArray([.. words.Order(StringComparer.Ordinal).Select(word => JsonValue.Create(word)), .. MayBeLeftOut(node) ? [(JsonNode?)null] : Array.Empty<JsonNode?>()]) }
                : node,
        }).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "A recipe of Secateur");
        return schema.ToJsonString(Json.Options) + "\n";
    }

    private static bool MayBeLeftOut(JsonNode node) => node["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null");

    private static JsonSerializerOptions MakeStrict()
    {
        var strict = new JsonSerializerOptions(Json.Options)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true, // a key without a value is no way to leave it out
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        };
        strict.Converters.Insert(0, new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
        return strict;
    }

    /// <summary>The words that a key takes, where they are a table's.</summary>
    private static IEnumerable<string>? Words(string? key) => key switch
    {
        "task" => Tasks.Task.All.Keys,
        "metric" => Evaluation.Metric.All.Keys,
        "criterion" => Criterion.All.Keys,
        "allocation" => Allocation.All.Keys,
        "schedule" => Schedule.All.Keys,
        "optimizer" => Optimizer.All.Keys,
        "learningRateSchedule" => LearningRate.All.Keys,
        _ => null,
    };

    private static JsonNode? ToJson(YamlNode node, int depth = 0) => node switch
    {
        // an alias can hold itself
        _ when depth > Deepest => throw new YamlException(node.Start, node.End, "a recipe is nowhere so deep"),
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(Key(pair.Key), ToJson(pair.Value, depth + 1)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(child => ToJson(child, depth + 1))]),
        YamlScalarNode { Style: not ScalarStyle.Plain, Value: var text } => JsonValue.Create(text),
        YamlScalarNode { Value: null or "" or "null" or "~" } => null,
        YamlScalarNode { Value: "true" } => JsonValue.Create(true),
        YamlScalarNode { Value: "false" } => JsonValue.Create(false),
        YamlScalarNode { Value: var word } when long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        YamlScalarNode { Value: var word } when double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        YamlScalarNode { Value: var word } => JsonValue.Create(word),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node.NodeType, "Unknown YAML node."),
    };

    private static string Key(YamlNode node) =>
        node is YamlScalarNode { Value: { } word } ? word : throw new YamlException(node.Start, node.End, "a key must be a word");

    private static void Write(JsonObject map, string indent, List<string> lines)
    {
        foreach (var (key, value) in map)
        {
            if (value is JsonObject { Count: > 0 } inner)
            {
                lines.Add($"{indent}{Quoted(key)}:");
                Write(inner, indent + "  ", lines);
            }
            else
            {
                lines.Add($"{indent}{Quoted(key)}: {value?.ToJsonString(new(Json.Options) { WriteIndented = false }) ?? "null"}");
            }
        }
    }

    private static string Quoted(string key) => key.Length > 0 && key.All(char.IsLetterOrDigit) ? key : JsonSerializer.Serialize(key, Json.Options);
}

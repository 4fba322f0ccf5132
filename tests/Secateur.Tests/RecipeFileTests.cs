using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CsCheck;
using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Schedules;
using Secateur.Training;

namespace Secateur.Tests;

public sealed class RecipeFileTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Fact]
    public void Written_and_read_is_the_same()
    {
        var recipe = new Recipe
        {
            Criterion = "taylor",
            Granularity = "block-4x1",
            When = When.During,
            MaxDrop = 0.01,
            Rounds = 7,
            Layers = ImmutableSortedDictionary<string, double>.Empty.Add("fc1*", 0.5),
            Keep = ["fc3: \"odd\" name", "7"],
            Storage = Storage.Sparse,
            Training = new TrainingRecipe { Teacher = 0.25, Flip = true, LearningRate = 1e-5 },
        };
        File.WriteAllText(path, RecipeFile.ToYaml(recipe));
        Assert.Equal(RecipeFile.ToYaml(recipe), RecipeFile.ToYaml(RecipeFile.Load(path)));
    }

    [Fact]
    public void Any_recipe_comes_back_as_it_was() =>
        Gen.Select(Gen.String.Where(text => !text.Any(char.IsSurrogate)).Array[0, 3], Gen.Double[0, 0.9999], Gen.Long, Gen.OneOf(Gen.Double[1e-12, 1e-3], Gen.Double[1e-3, 100]),
            Gen.Enum<When>(), Gen.Enum<Storage>()).Sample((names, sparsity, seed, rate, when, storage) =>
        {
            var recipe = new Recipe
            {
                Sparsity = sparsity,
                Seed = seed,
                When = when,
                Storage = storage,
                Keep = [.. names],
                Layers = names.ToImmutableSortedDictionary(name => name, _ => sparsity, StringComparer.Ordinal, EqualityComparer<double>.Default),
                Training = new TrainingRecipe { LearningRate = rate },
            };
            var file = Path.GetTempFileName();
            File.WriteAllText(file, RecipeFile.ToYaml(recipe));
            var back = RecipeFile.Load(file);
            File.Delete(file);
            Assert.Equal(recipe.Keep, back.Keep);
            Assert.Equal(recipe.Layers.OrderBy(pair => pair.Key, StringComparer.Ordinal), back.Layers.OrderBy(pair => pair.Key, StringComparer.Ordinal));
            Assert.Equal(RecipeFile.ToYaml(recipe), RecipeFile.ToYaml(back));
        }, iter: 200);

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Equal("nowhere.yaml: no such recipe; check the path", Assert.Throws<SecateurException>(() => RecipeFile.Load("nowhere.yaml")).Message);

    [Fact]
    public void Schema_knows_every_key_and_word_and_asks_for_none()
    {
        var schema = JsonNode.Parse(RecipeFile.Schema())!.AsObject();
        var written = System.Text.Json.JsonSerializer.SerializeToNode(Recipe, Json.Options)!.AsObject();
        Assert.Equal(Keys(written), Keys(schema["properties"]!));
        Assert.Equal(Keys(written["training"]!), Keys(schema["properties"]!["training"]!["properties"]!));
        foreach (var part in (JsonNode[])[schema, schema["properties"]!["training"]!])
        {
            Assert.Null(part["required"]);
            Assert.False(part["additionalProperties"]!.GetValue<bool>());
        }
        Assert.Equal(Criterion.All.Keys.Order(StringComparer.Ordinal), Words(schema, "criterion"));
        Assert.Equal(Allocation.All.Keys.Order(StringComparer.Ordinal), Words(schema, "allocation"));
        Assert.Equal(Schedule.All.Keys.Order(StringComparer.Ordinal), Words(schema, "schedule"));
        Assert.Equal(Optimizer.All.Keys.Order(StringComparer.Ordinal), Words(schema["properties"]!["training"]!, "optimizer"));
        Assert.Equal(LearningRate.All.Keys.Order(StringComparer.Ordinal), Words(schema["properties"]!["training"]!, "learningRateSchedule"));
        Assert.Equal(["after", "during", "before"], Words(schema, "when"));
    }

    private static Recipe Recipe { get; } = new();

    private static IEnumerable<string> Keys(JsonNode map) => map.AsObject().Select(pair => pair.Key);

    private static IEnumerable<string> Words(JsonNode map, string key) => map["properties"]![key]!["enum"]!.AsArray().Select(word => word!.GetValue<string>());

    [Fact]
    public void What_is_left_out_has_its_default() => Assert.Equal(new Recipe { Sparsity = 0.5 }.Training, Loaded("sparsity: 0.5").Training);

    [Theory]
    [InlineData("sparsty: 0.5", "'sparsty' is no key of a recipe")]
    [InlineData("training: { epoch: 3 }", "'training.epoch' is no key")]
    [InlineData("sparsity: much", "'sparsity' is no key of a recipe or its value does not fit")]
    [InlineData("sparsity: 1.5", "sparsity is 1.5, but must be from 0 to 0.9999")]
    [InlineData("criterion: size", "criterion 'size' is not known; take one of")]
    [InlineData("{ sparsity: 0.5, size: 1000 }", "give one of them")]
    [InlineData("{ granularity: '2:4', sparsity: 0.7 }", "no more and no less")]
    [InlineData("{ when: before, rounds: 3 }", "happens once")]
    [InlineData("training: { warmup: 1 }", "warmup is 1")]
    [InlineData("training:", "'training' is no key of a recipe or its value does not fit")]
    [InlineData("granularity: null", "'granularity' is no key of a recipe or its value does not fit")]
    [InlineData("layers:", "'layers' is no key of a recipe or its value does not fit")]
    [InlineData("keep:", "'keep' is no key of a recipe or its value does not fit")]
    [InlineData("sparsity: NaN", "'sparsity' is no key of a recipe or its value does not fit")]
    [InlineData("maxDrop: 1e999", "'maxDrop' is no key of a recipe or its value does not fit")]
    [InlineData("{ [a]: b }", "a key must be a word")]
    [InlineData("{ sparsity: 0.5, sparsity: 0.6 }", "is no YAML")]
    [InlineData("keep: &a [*a]", "is no YAML")]
    [InlineData("a: [", "is no YAML")]
    [InlineData("just words", "is no recipe")]
    [InlineData("", "is no recipe")]
    [InlineData("{ sparsity: 0.5, maxDrop: 0.01 }", "sparsity, size, maxDrop, macs, speedup and latency are ways to say how much goes; give one of them")]
    [InlineData("{ macs: 0.5 }", "macs, speedup and latency fall only where structure is removed; add --granularity channel")]
    [InlineData("{ granularity: channel, allocation: lamp }", "allocation lamp is for single weights; of channel take global or uniform")]
    [InlineData("{ granularity: channel, speedup: 0.5 }", "speedup is 0.5, but must be from 1 to 1000")]
    [InlineData("sparsity: .nan", "'sparsity' is no key of a recipe or its value does not fit")]
    [InlineData("sparsity: 1e999", "'sparsity' is no key of a recipe or its value does not fit")]
    [InlineData("size: 0", "size is 0, but must be from 1 to")]
    [InlineData("rounds: 0", "rounds is 0, but must be from 1 to 1000")]
    [InlineData("rounds: 1.5", "'rounds' is no key of a recipe or its value does not fit")]
    [InlineData("maxDrop: -0.1", "maxDrop is -0.1, but must be from 0 to 1")]
    [InlineData("layers: { fc1: 1 }", "layers: fc1 is 1, but must be from 0 to 0.9999")]
    [InlineData("allocation: erk", "allocation 'erk' is not known; take one of")]
    [InlineData("schedule: slow", "schedule 'slow' is not known; take one of")]
    [InlineData("when: never", "'when' is no key of a recipe or its value does not fit")]
    [InlineData("when: 7", "'when' is no key of a recipe or its value does not fit")]
    [InlineData("training: { optimizer: lion }", "optimizer 'lion' is not known; take one of")]
    [InlineData("training: { learningRate: 0 }", "learningRate is 0, but must be from 1E-12 to 100")]
    [InlineData("training: { teacher: 2 }", "teacher is 2, but must be from 0 to 1")]
    [InlineData("criterion:", "'criterion' is no key of a recipe or its value does not fit")]
    [InlineData("? [a, b]\n: 1", "line 1 is no YAML (a key must be a word)")]
    [InlineData("layers:\n  : 0.5", "is no YAML")]
    [InlineData("seed: 1\nseed: 2", "is no YAML")]
    public void Wrong_recipe_is_told_by_key(string yaml, string what)
    {
        var message = Assert.Throws<SecateurException>(() => Loaded(yaml)).Message;
        Assert.StartsWith(path, message);
        Assert.Contains(what, message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Published_schema_is_that_of_the_code()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Secateur.slnx"))) folder = Path.GetDirectoryName(folder)!;
        Assert.Equal(RecipeFile.Schema(), File.ReadAllText(Path.Combine(folder, "docs", "recipe.schema.json")));
    }

    private Recipe Loaded(string yaml)
    {
        File.WriteAllText(path, yaml);
        return RecipeFile.Load(path);
    }
}

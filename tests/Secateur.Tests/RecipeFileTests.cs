using System.Collections.Immutable;

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
    [InlineData("{ [a]: b }", "a key is one word")]
    [InlineData("{ sparsity: 0.5, sparsity: 0.6 }", "is no YAML")]
    [InlineData("keep: &a [*a]", "is no YAML")]
    [InlineData("a: [", "is no YAML")]
    [InlineData("just words", "is no recipe")]
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

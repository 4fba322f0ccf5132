using Secateur;
using Secateur.Bench;

var measurements = new Dictionary<string, Action<Settings>>
{
    ["lenet-mnist"] = Accuracy.LeNet,
    ["lenet-unlabelled"] = Accuracy.Unlabelled,
    ["resnet20-fashion"] = Accuracy.ResNet20,
    ["structure-fashion"] = StructureAccuracy.Run,
    ["structure-speedup"] = StructureSpeedup.Run,
    ["structure-transformer"] = StructureTransformer.Run,
    ["structure-peer"] = StructurePeer.Run,
    ["structure-twins"] = StructureTwins.Run,
    ["structure-twins-child"] = StructureTwins.Child,
    ["training-speed"] = TrainingSpeed.Run,
    ["memory"] = Memory.Run,
    ["memory-child"] = Memory.Child,
    ["checkpointing"] = Checkpointing.Run,
    ["checkpointing-child"] = Checkpointing.Child,
    ["ocr"] = Ocr.Run,
    ["text-images"] = TextImages.Run,
    ["operators"] = OperatorPage.Run,
    ["pack"] = Pack.Run,
    ["fuzz"] = Fuzz.Run,
    ["fuzz-child"] = Fuzz.Child,
    ["sparse"] = Sparse.Run,
    ["sparse-roofline"] = SparseRoofline.Run,
    ["sparse-peers"] = SparsePeers.Run,
    ["sparse-integers"] = SparseIntegers.Run,
    ["sparse-open"] = SparseOpen.Run,
    ["sparse-open-child"] = SparseOpen.Child,
    ["latency-prediction"] = LatencyPrediction.Run,
    ["skeletons"] = Suite.Run,
    ["models-pictures"] = TextModels.Run,
    ["models"] = AnyModel.Run,
    ["models-child"] = AnyModel.Child,
    ["architectures"] = StructurePage.Run,
    ["architectures-child"] = StructurePage.Child,
};
if (args.Length == 0 || !measurements.TryGetValue(args[0], out var measure))
{
    Console.Error.WriteLine($"bench: name one of {string.Join(", ", measurements.Keys.Where(name => !name.EndsWith("-child", StringComparison.Ordinal)))}");
    return 2;
}
try
{
    var settings = new Settings(args).Check();
    if (settings.Name != "sparse-open-child") Threads.Use(settings.Int("threads", Environment.ProcessorCount)); // that one's memory is handled as in others' processes
    measure(settings);
    return 0;
}
catch (SecateurException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

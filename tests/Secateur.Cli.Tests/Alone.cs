// commands set the process's threads and measure its memory: one at a time
[assembly: CollectionBehavior(DisableTestParallelization = true)]

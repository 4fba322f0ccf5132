namespace Secateur.Structure.Budget;

/// <summary>Shrinks group by group, each time where the least importance goes for the cost that is saved.</summary>
internal static class Descent
{
    /// <summary>Goes down until the budget is met. Of all states on the way, also those that one more step of any group would finish are looked at.</summary>
    /// <param name="selection">Where to start; changed.</param>
    /// <param name="budget">The most that it may cost.</param>
    /// <param name="cancel">Looked at before each step.</param>
    /// <returns>The one of least loss; null where no step saves anything and the budget is not met.</returns>
    public static Selection? Run(Selection selection, double budget, CancellationToken cancel)
    {
        var count = selection.Groups.Count;
        var steps = new Step[count];
        for (var group = 0; group < count; group++) steps[group] = Step.Best(selection, group, budget);
        Selection? best = null;
        while (selection.Cost > budget)
        {
            cancel.ThrowIfCancellationRequested();
            var finish = Enumerable.Range(0, count).Where(group => steps[group].Finish >= 0).OrderBy(group => steps[group].FinishLoss).FirstOrDefault(-1);
            if (finish >= 0 && selection.Loss + steps[finish].FinishLoss < (best?.Loss ?? double.PositiveInfinity))
            {
                best = selection.Copy();
                best.Set(finish, steps[finish].Finish);
                if (best.Cost > budget) best = null; // by a rounding error
            }
            var next = Enumerable.Range(0, count).Where(group => steps[group].Level >= 0).OrderBy(group => steps[group].Price).FirstOrDefault(-1);
            if (next < 0) return best;
            selection.Set(next, steps[next].Level);
            foreach (var group in selection.Neighbours(next)) steps[group] = Step.Best(selection, group, budget);
            for (var group = 0; group < count; group++) steps[group].FindFinish(selection, group, budget);
        }
        return best is null || selection.Loss < best.Loss ? selection : best;
    }

    /// <summary>What a group can do next.</summary>
    private struct Step
    {
        private double[] saved; // by level below the present one

        /// <summary>The level of the least price; -1 where no level saves anything.</summary>
        public int Level { get; private set; }

        /// <summary>Importance for a unit of cost.</summary>
        public double Price { get; private set; }

        /// <summary>The first level that meets the budget at once; -1 where none does.</summary>
        public int Finish { get; private set; }

        public double FinishLoss { get; private set; }

        public static Step Best(Selection selection, int group, double budget)
        {
            var (levels, own) = (selection.Groups[group].Levels, selection.Level(group));
            var step = new Step { Level = -1, Price = double.PositiveInfinity, saved = new double[levels.Length - own - 1] };
            for (var level = own + 1; level < levels.Length; level++)
            {
                var saved = step.saved[level - own - 1] = -selection.CostTo(group, level);
                if (saved <= 1e-12 * selection.Cost) continue;
                var price = selection.LossTo(group, level) / saved;
                if (price < step.Price || (step.Level >= 0 && price == step.Price)) (step.Level, step.Price) = (level, price);
            }
            step.FindFinish(selection, group, budget);
            return step;
        }

        public void FindFinish(Selection selection, int group, double budget)
        {
            var excess = selection.Cost - budget;
            var first = saved is [.., var all] && all >= excess ? Array.FindIndex(saved, amount => amount >= excess) : -1;
            Finish = first < 0 ? -1 : selection.Level(group) + 1 + first;
            FinishLoss = first < 0 ? double.PositiveInfinity : selection.LossTo(group, Finish);
        }
    }
}

//! By which criterion without labels one would have chosen well: rank correlations with the accuracy, and what the choice costs.

use super::summary::quantile;

const CRITERIA: [&str; 4] = ["silhouette", "dbcv", "trustworthiness", "stability"];
const SILHOUETTE: usize = 0;
const STABILITY: usize = 3;
const COMBINED: usize = 4;

/// One candidate: its accuracy and its figure by each criterion, and by silhouette and stability together.
struct Candidate {
    acc: f64,
    figures: [Option<f64>; 5],
}

/// Candidates that one would choose among.
struct Pool {
    name: String,
    candidates: Vec<Candidate>,
}

/// Of one criterion, over the pools in which it applies.
#[derive(Clone, Copy, Default)]
struct Sum {
    rho: f64,
    loss: f64,
    n: f64,
}

impl Sum {
    fn means(self) -> String {
        let Self { rho, loss, n } = self;
        match n > 0.0 {
            true => format!("{:.2}, loses {:.3}", rho / n, loss / n),
            false => "-".to_owned(),
        }
    }
}

/// A row for each pool: all rows of a data set, and those of the method alone.
pub(super) fn markdown(record: &str) -> Result<String, String> {
    let mut text = String::from(
        "From criteria.csv. A pool is all that one would choose among: \"all\" is every input, manifold \
         learner, clusterer and seed of a data set; the others are the seeds and clusterers of one input and manifold learner. Each cell: \
         Spearman's rank correlation of the criterion with ACC, then the ACC of the candidate that it would choose, the mean of those that are best alike; candidates without a \
         figure come last. \"combined\" is the mean of the ranks by silhouette and by stability, of candidates that have a silhouette. The means are over the pools of one input and manifold learner, as \"all\" has their candidates again.\n\n",
    );
    text += "| pool | candidates | ACC best | ACC median | ";
    text += &CRITERIA.join(" | ");
    text += " | combined |\n|---|---|---|---|---|---|---|---|---|\n";
    let pools = pools(record)?;
    let mut sums = [Sum::default(); 5];
    for pool in &pools {
        let mut apart = [Sum::default(); 5];
        let counted = if pool.is_all() { &mut apart } else { &mut sums };
        text += &line(pool, counted);
    }
    let means = sums.map(Sum::means);
    text += &format!("| mean over pools | | | | {} |\n", means.join(" | "));
    Ok(text)
}

fn pools(record: &str) -> Result<Vec<Pool>, String> {
    let mut pools: Vec<Pool> = Vec::new();
    for (number, line) in record.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let bad = || format!("line {} of the criteria: `{line}`", number + 1);
        let [data, input, manifold, _, _, acc, figures @ ..] = &cells[..] else {
            return Err(bad());
        };
        let acc: f64 = acc.parse().map_err(|_| bad())?;
        for name in [format!("{data}: all"), format!("{data}: {input} {manifold}")] {
            let mut parsed = [None; 5];
            for (figure, cell) in parsed.iter_mut().zip(figures).take(CRITERIA.len()) {
                *figure = cell.parse().ok();
            }
            if parsed[SILHOUETTE].is_none() {
                parsed[STABILITY] = None;
            }
            let candidate = Candidate { acc, figures: parsed };
            match pools.iter_mut().find(|pool| pool.name == name) {
                Some(pool) => pool.candidates.push(candidate),
                None => pools.push(Pool {
                    name,
                    candidates: vec![candidate],
                }),
            }
        }
    }
    pools.iter_mut().for_each(Pool::combine);
    pools.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pools)
}

/// The rules of `n2d select`, written again as xtask depends on no crate of ours; they must change with those of
/// `crates/n2d/src/selection/criteria.rs`. A clustering without a silhouette, one cluster or nothing but noise, has no stability and is not
/// ranked by both.
impl Pool {
    /// Whether it has every candidate of a data set.
    fn is_all(&self) -> bool {
        self.name.ends_with(": all")
    }

    fn combine(&mut self) {
        let candidates = self.candidates.iter_mut();
        let mut ranked: Vec<&mut Candidate> = candidates
            .filter(|candidate| candidate.figures[SILHOUETTE].is_some())
            .collect();
        let by = |criterion: usize| ranks(&figures(ranked.iter().map(|candidate| &**candidate), criterion));
        let (silhouettes, stabilities) = (by(SILHOUETTE), by(STABILITY));
        for ((candidate, a), b) in ranked.iter_mut().zip(silhouettes).zip(stabilities) {
            // Twice the mean, which is in the same order. Of one seed each, all are equally stable.
            candidate.figures[COMBINED] = Some(a + b);
        }
    }

    /// The accuracy of what a criterion chooses, if it applies to any: the mean of those that are best alike, as it does not tell them apart.
    fn chosen(&self, criterion: usize) -> Option<f64> {
        let figures = || {
            let all = self.candidates.iter();
            all.filter_map(|candidate| Some((candidate.figures[criterion]?, candidate.acc)))
        };
        let best = figures().map(|(figure, _)| figure).reduce(f64::max)?;
        let accs: Vec<f64> = figures()
            .filter(|&(figure, _)| figure == best)
            .map(|(_, acc)| acc)
            .collect();
        Some(accs.iter().sum::<f64>() / accs.len() as f64)
    }
}

/// The figures of candidates; missing ones come last.
fn figures<'a>(candidates: impl Iterator<Item = &'a Candidate>, criterion: usize) -> Vec<f64> {
    candidates
        .map(|candidate| candidate.figures[criterion].unwrap_or(f64::NEG_INFINITY))
        .collect()
}

fn line(pool: &Pool, sums: &mut [Sum; 5]) -> String {
    let accs: Vec<f64> = pool.candidates.iter().map(|candidate| candidate.acc).collect();
    let best = quantile(&accs, 1.0);
    let mut cells = Vec::new();
    for (criterion, sum) in sums.iter_mut().enumerate() {
        let Some(chosen) = pool.chosen(criterion) else {
            cells.push("-".to_owned());
            continue;
        };
        let rho = correlation(&ranks(&figures(pool.candidates.iter(), criterion)), &ranks(&accs));
        *sum = Sum {
            rho: sum.rho + rho,
            loss: sum.loss + best - chosen,
            n: sum.n + 1.0,
        };
        cells.push(format!("{rho:.2}, {chosen:.3}"));
    }
    format!(
        "| {} | {} | {best:.3} | {:.3} | {} |\n",
        pool.name,
        accs.len(),
        quantile(&accs, 0.5),
        cells.join(" | ")
    )
}

/// The rank of each figure, counted from 0; equal ones share the mean of theirs.
fn ranks(figures: &[f64]) -> Vec<f64> {
    let rank = |figure: &f64| {
        let below = figures.iter().filter(|&other| other < figure).count() as f64;
        let equal = figures.iter().filter(|&other| other == figure).count() as f64;
        below + (equal - 1.0) / 2.0
    };
    figures.iter().map(rank).collect()
}

/// Pearson's; 0 where one side is constant.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(x, y)| f(x - mean_a, y - mean_b)).sum()
    };
    let size = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if size > 0.0 {
        sum(&|x, y| x * y) / size
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "data,input,manifold,clusterer,seed,acc,silhouette,dbcv,trustworthiness,stability\n";

    #[test]
    fn a_criterion_that_follows_the_accuracy_chooses_the_best() {
        let record = "d,ae,umap,gmm,0,0.9,0.5,,0.1,0.9\nd,ae,umap,gmm,1,0.8,0.4,,0.2,0.8\nd,ae,umap,gmm,2,0.7,0.3,,0.3,0.7\n";
        let table = markdown(&format!("{HEAD}{record}")).unwrap();
        assert!(
            table.contains(
                "| d: all | 3 | 0.900 | 0.800 | 1.00, 0.900 | - | -1.00, 0.700 | 1.00, 0.900 | 1.00, 0.900 |"
            ),
            "{table}"
        );
    }

    #[test]
    fn those_that_are_best_alike_count_by_their_mean() {
        let record = "d,ae,umap,gmm,0,0.9,0.1,,0.5,0.2\nd,ae,umap,kmeans,0,0.7,0.3,,0.5,0.3\nd,ae,umap,gmm,1,0.6,0.2,,0.4,0.4\n";
        let table = markdown(&format!("{HEAD}{record}")).unwrap();
        // Both of the first embedding, whose trustworthiness is one.
        assert!(table.contains(", 0.800 | "), "{table}");
    }

    #[test]
    fn a_collapsed_clustering_is_chosen_by_no_criterion_of_clusters() {
        let record = "d,ae,umap,gmm,0,0.1,,,0.5,1.0\nd,ae,umap,gmm,1,0.8,0.2,0.1,0.4,0.3\nd,ae,umap,gmm,2,0.9,0.4,0.2,0.3,0.4\n";
        let table = markdown(&format!("{HEAD}{record}")).unwrap();
        assert!(
            table.contains("| d: all | 3 | 0.900 | 0.800 | 1.00, 0.900 | 1.00, 0.900 | -1.00, 0.100 | 1.00, 0.900 | 1.00, 0.900 |"),
            "{table}"
        );
    }
}

//! By which criterion without labels one would have chosen well: rank correlations with the accuracy, and what the choice costs.

const CRITERIA: [&str; 4] = ["silhouette", "dbcv", "trustworthiness", "stability"];

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

/// A row for each pool: all rows of a data set, and those of the method alone.
pub(super) fn markdown(record: &str) -> Result<String, String> {
    let mut text = String::from(
        "Made by `cargo xtask reproduce --table` from criteria.csv. A pool is all that one would choose among: \"all\" is every input, manifold \
         learner, clusterer and seed of a data set; the others are the seeds and clusterers of one input and manifold learner. Each cell: \
         Spearman's rank correlation of the criterion with ACC, then the ACC of the candidate that it would choose. \"combined\" is the mean of \
         the ranks by silhouette and by stability.\n\n",
    );
    text += "| pool | candidates | ACC best | ACC median | ";
    text += &CRITERIA.join(" | ");
    text += " | combined |\n|---|---|---|---|---|---|---|---|---|\n";
    let pools = pools(record)?;
    let mut sums = [(0.0, 0.0); 5];
    for pool in &pools {
        text += &line(pool, &mut sums);
    }
    let n = pools.len() as f64;
    let means = sums.map(|(rho, loss)| format!("{:.2}, loses {:.3}", rho / n, loss / n));
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

impl Pool {
    fn combine(&mut self) {
        let (silhouettes, stabilities) = (ranks(&self.figures(0)), ranks(&self.figures(3)));
        for ((candidate, a), b) in self.candidates.iter_mut().zip(silhouettes).zip(stabilities) {
            candidate.figures[4] = Some(a + b);
        }
    }

    fn figures(&self, criterion: usize) -> Vec<f64> {
        let figure = |candidate: &Candidate| candidate.figures[criterion].unwrap_or(f64::NEG_INFINITY);
        self.candidates.iter().map(figure).collect()
    }
}

fn line(pool: &Pool, sums: &mut [(f64, f64); 5]) -> String {
    let accs: Vec<f64> = pool.candidates.iter().map(|candidate| candidate.acc).collect();
    let mut sorted = accs.clone();
    sorted.sort_by(f64::total_cmp);
    let best = sorted[sorted.len() - 1];
    let mut cells = Vec::new();
    for (criterion, sum) in sums.iter_mut().enumerate() {
        let figures = pool.figures(criterion);
        let rho = correlation(&ranks(&figures), &ranks(&accs));
        let first = |chosen: usize, at: usize| if figures[at] > figures[chosen] { at } else { chosen };
        let chosen = (0..figures.len()).fold(0, first);
        *sum = (sum.0 + rho, sum.1 + best - accs[chosen]);
        cells.push(format!("{rho:.2}, {:.3}", accs[chosen]));
    }
    format!(
        "| {} | {} | {best:.3} | {:.3} | {} |\n",
        pool.name,
        accs.len(),
        sorted[sorted.len() / 2],
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

    #[test]
    fn a_criterion_that_follows_the_accuracy_chooses_the_best() {
        let record = "head\nd,ae,umap,gmm,0,0.9,0.5,,0.1,0.9\nd,ae,umap,gmm,1,0.8,0.4,,0.2,0.8\nd,ae,umap,gmm,2,0.7,0.3,,0.3,0.7\n";
        let table = markdown(record).unwrap();
        assert!(
            table.contains("| d: all | 3 | 0.900 | 0.800 | 1.00, 0.900 | 0.00, 0.900 | -1.00, 0.700 | 1.00, 0.900 | 1.00, 0.900 |"),
            "{table}"
        );
    }
}

//! The mutual information that chance gives, for the adjusted one.

use crate::counts::Counts;

/// A term this much less likely than the likeliest ends the sum: log-concave tails add less than rounding does.
const NEGLIGIBLE: f64 = 1e-30;

impl Counts {
    /// The mean mutual information, in nats, of all labellings with these sizes of groups (Vinh, Epps and Bailey 2010).
    ///
    /// What two groups share is hypergeometric. Its probabilities are taken by their ratios from the likeliest count
    /// outwards and divided by their sum, so no factorials are needed and nothing is lost for large counts. Groups of one
    /// size give one sum: at most `sqrt(2 n)` sizes a side, `O(sqrt(n))` terms a pair where groups are large.
    pub(crate) fn expected_mutual_info(&self) -> f64 {
        let (classes, clusters) = (by_size(&self.class_sizes), by_size(&self.cluster_sizes));
        let mut sum = 0.0;
        for &(a, n_a) in &classes {
            for &(b, n_b) in &clusters {
                sum += (n_a * n_b) as f64 * expected_term(a, b, self.n_samples);
            }
        }
        sum
    }
}

/// The sizes that occur, ascending, each with how often.
fn by_size(sizes: &[usize]) -> Vec<(usize, usize)> {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    sorted
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len()))
        .collect()
}

/// What a class of `a` and a cluster of `b` of `n` rows add on average.
fn expected_term(a: usize, b: usize, n: usize) -> f64 {
    let (least, most) = ((a + b).saturating_sub(n), a.min(b));
    let likeliest = ((a as f64 + 1.0) * (b as f64 + 1.0) / (n as f64 + 2.0)) as usize;
    let start = likeliest.clamp(least, most);
    let independent = a as f64 / n as f64 * b as f64;
    let worth = |shared: usize| match shared {
        0 => 0.0,
        shared => shared as f64 / n as f64 * (shared as f64 / independent).ln(),
    };
    let (mut total, mut sum) = (1.0, worth(start));
    let mut probability = 1.0;
    for shared in start..most {
        probability *= odds_of_one_more(shared, a, b, n);
        (total, sum) = (total + probability, sum + probability * worth(shared + 1));
        if probability < NEGLIGIBLE {
            break;
        }
    }
    probability = 1.0;
    for shared in (least..start).rev() {
        probability /= odds_of_one_more(shared, a, b, n);
        (total, sum) = (total + probability, sum + probability * worth(shared));
        if probability < NEGLIGIBLE {
            break;
        }
    }
    sum / total
}

/// How much likelier `shared + 1` rows in both are than `shared`; finite and above zero within the range.
fn odds_of_one_more(shared: usize, a: usize, b: usize, n: usize) -> f64 {
    let more = (a - shared) as f64 * (b - shared) as f64;
    let fewer = (shared + 1) as f64 * ((n + shared + 1) - a - b) as f64;
    more / fewer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definition: all probabilities as fractions of binomials.
    fn by_definition(a: usize, b: usize, n: usize) -> f64 {
        let choose =
            |n: usize, k: usize| -> f64 { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>() };
        let term = |shared: usize| {
            let p = choose(a, shared) * choose(n - a, b - shared) / choose(n, b);
            let ratio = (n * shared) as f64 / (a * b) as f64;
            if shared == 0 {
                0.0
            } else {
                p * shared as f64 / n as f64 * ratio.ln()
            }
        };
        ((a + b).saturating_sub(n)..=a.min(b)).map(term).sum()
    }

    #[test]
    fn equals_the_definition() {
        for n in 1..=14 {
            for (a, b) in (1..=n).flat_map(|a| (1..=n).map(move |b| (a, b))) {
                let (found, expected) = (expected_term(a, b, n), by_definition(a, b, n));
                assert!(
                    (found - expected).abs() < 1e-14,
                    "{a} {b} {n}: {found} or {expected}"
                );
            }
        }
    }

    #[test]
    fn large_counts_lose_nothing() {
        // For large groups the expectation nears (a' - 1)(b' - 1) / 2n in all, the mean of a chi-squared variable.
        let n = 4_000_000_000;
        let counts = Counts {
            class_sizes: vec![n / 4; 4],
            cluster_sizes: vec![n / 5; 5],
            cells: vec![],
            n_samples: n,
        };
        let expected = 12.0 / (2.0 * n as f64);
        assert!((counts.expected_mutual_info() / expected - 1.0).abs() < 1e-3);
    }
}

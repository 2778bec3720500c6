//! Ordinary and awkward rows, the same for every part.

use n2d_core::Samples;
use n2d_core::rng::SplitMix64;

/// Rows with a name. All values are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    name: &'static str,
    values: Vec<f32>,
    n_features: usize,
}

/// Rows that every part is to be fitted to, well formed, in three groups: 60 of 3 features.
pub(crate) const GROUPS: &str = "groups";

impl DataSet {
    fn new(name: &'static str, n_features: usize, values: Vec<f32>) -> Self {
        Self {
            name,
            values,
            n_features,
        }
    }

    /// The name, as in [`Suite::allow`](crate::Suite::allow) and messages.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The rows.
    pub fn samples(&self) -> Samples<'_> {
        Samples::from_rows(&self.values, self.n_features).expect("whole rows of finite values")
    }

    /// Some other rows of the same width: between those of the set, beyond them, and some of the set itself.
    pub(crate) fn new_rows(&self) -> Self {
        let some = self.values.chunks_exact(self.n_features).take(9).flatten();
        let moved = some.clone().map(|x| x * 1.125 + x.signum() * x.abs().min(0.25));
        Self::new("new rows", self.n_features, moved.chain(some.copied()).collect())
    }

    /// The same rows without their last column, or with one more.
    pub(crate) fn of_other_widths(&self) -> Vec<Self> {
        let rows = || self.values.chunks_exact(self.n_features);
        let wide = rows()
            .flat_map(|row| row.iter().chain(&row[..1]).copied())
            .collect();
        let mut all = vec![Self::new("wider rows", self.n_features + 1, wide)];
        if self.n_features > 1 {
            let narrow = rows().flat_map(|row| row[1..].iter().copied()).collect();
            all.push(Self::new("narrower rows", self.n_features - 1, narrow));
        }
        all
    }
}

/// All sets that the suites fit a part to:
///
/// | name | rows | features | |
/// |---|---|---|---|
/// | `groups` | 60 | 3 | three groups, no value twice in a column |
/// | `one feature` | 40 | 1 | |
/// | `one sample` | 1 | 3 | |
/// | `two samples` | 2 | 3 | |
/// | `few samples` | 5 | 3 | |
/// | `more features than samples` | 6 | 20 | |
/// | `constant column` | 40 | 3 | the second column is all the same |
/// | `all rows equal` | 40 | 3 | |
/// | `duplicates` | 40 | 3 | ten rows, four times each |
/// | `huge values` | 40 | 3 | around 1e30: squares overflow single precision |
/// | `tiny values` | 40 | 3 | around 1e-30: squares vanish in single precision |
pub fn data_sets() -> Vec<DataSet> {
    let scaled = |scale: f32| groups(40, 3).iter().map(|x| x * scale).collect();
    let constant = |(at, x): (usize, f32)| if at % 3 == 1 { 0.5 } else { x };
    let ten = groups(10, 3);
    vec![
        DataSet::new(GROUPS, 3, groups(60, 3)),
        DataSet::new("one feature", 1, groups(40, 1)),
        DataSet::new("one sample", 3, groups(1, 3)),
        DataSet::new("two samples", 3, groups(2, 3)),
        DataSet::new("few samples", 3, groups(5, 3)),
        DataSet::new("more features than samples", 20, groups(6, 20)),
        DataSet::new(
            "constant column",
            3,
            groups(40, 3).into_iter().enumerate().map(constant).collect(),
        ),
        DataSet::new("all rows equal", 3, groups(1, 3).repeat(40)),
        DataSet::new("duplicates", 3, ten.repeat(4)),
        DataSet::new("huge values", 3, scaled(1e30)),
        DataSet::new("tiny values", 3, scaled(1e-30)),
    ]
}

/// Rows of three groups in turn, within [-1, 1].
fn groups(n_samples: usize, n_features: usize) -> Vec<f32> {
    let mut rng = SplitMix64::new(17, n_samples as u64, n_features as u64);
    let value = |at: usize| {
        let center = (at / n_features % 3) as f32 - 1.0;
        let spread = rng.below(1 << 20) as f32 / (1 << 20) as f32;
        0.8 * center + 0.2 * spread * spread
    };
    (0..n_samples * n_features).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_shapes_are_as_the_table_says() {
        let shape = |set: &DataSet| (set.samples().n_samples(), set.samples().n_features());
        let all = data_sets();
        assert_eq!(all.len(), 11);
        assert_eq!((all[0].name(), shape(&all[0])), ("groups", (60, 3)));
        assert_eq!(
            (all[5].name(), shape(&all[5])),
            ("more features than samples", (6, 20))
        );
        let equal = all[7].samples();
        assert!(equal.rows().all(|row| row == &equal.as_slice()[..3]));
        for set in &all {
            assert_eq!(
                set.new_rows().samples().n_features(),
                set.samples().n_features(),
                "{}",
                set.name()
            );
        }
        let widths: Vec<usize> = all[0]
            .of_other_widths()
            .iter()
            .map(|set| set.n_features)
            .collect();
        assert_eq!(widths, [4, 2]);
        assert_eq!(all[1].of_other_widths().len(), 1);
    }
}

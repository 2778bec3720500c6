//! What groups are called.

use std::collections::BTreeMap;

use n2d_core::Labels;

/// Names of classes or of clusters, by number; those without one are called by their number.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    pub(crate) fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    fn own(&self, label: i32) -> Option<&str> {
        let name = usize::try_from(label).ok().and_then(|label| self.0.get(label))?;
        (!name.trim().is_empty()).then_some(name)
    }

    /// In full, as in a legend: `cluster 3` where there is no name.
    pub(crate) fn full(&self, kind: &str, label: i32) -> String {
        match self.own(label) {
            Some(name) => name.to_owned(),
            None if label == Labels::NOISE => "noise".to_owned(),
            None => format!("{kind} {label}"),
        }
    }

    /// In short, as on a plot: `3` where there is no name.
    pub(crate) fn short(&self, label: i32) -> String {
        match self.own(label) {
            Some(name) => name.to_owned(),
            None if label == Labels::NOISE => "noise".to_owned(),
            None => label.to_string(),
        }
    }
}

/// Rows of each label, noise among them.
pub(crate) fn sizes(labels: &Labels) -> BTreeMap<i32, usize> {
    let mut sizes: BTreeMap<i32, usize> = labels.sizes().into_iter().collect();
    let noise = labels.n_noise();
    if noise > 0 {
        sizes.insert(Labels::NOISE, noise);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_goes_by_its_number() {
        let names = Names::new(["zero", " "]);
        let full = [0, 1, 2, -1].map(|label| names.full("class", label));
        assert_eq!(full, ["zero", "class 1", "class 2", "noise"]);
        assert_eq!([0, 1, -1].map(|label| names.short(label)), ["zero", "1", "noise"]);
    }
}

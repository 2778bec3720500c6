//! Which group has which colour, the same in every plot of a run.

use std::collections::{BTreeMap, BTreeSet};

use n2d_core::Labels;
use n2d_metrics::Contingency;

use crate::PlotError;
use crate::palette::{Ink, N_COLOURS, NOISE_INK, palette};

/// The look of every class and every cluster, to be shared by all plots of one run.
///
/// A class has the colour of its own number, whatever the clusters are: class 3 looks the same in two runs. A cluster has the
/// colour of the class that it stands for by [`best_mapping`](n2d_metrics::best_mapping); clusters left over take further colours,
/// by number. Without classes a cluster has the colour of its own number. Where numbers go beyond the palette's thirty, the
/// rank among the numbers that occur takes their place. Noise is grey.
///
/// ```
/// use n2d_core::Labels;
/// use n2d_plot::{Colours, palette};
///
/// let classes = Labels::new(vec![0, 0, 1, 1])?;
/// let clusters = Labels::new(vec![1, 1, 0, -1])?;
/// let colours = Colours::matched(&classes, &clusters)?;
/// assert_eq!(colours.of_class(0), palette(0));
/// assert_eq!(colours.of_cluster(1), palette(0));
/// # Ok::<(), n2d_plot::PlotError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colours {
    classes: BTreeMap<i32, usize>,
    clusters: BTreeMap<i32, usize>,
    mapping: BTreeMap<i32, i32>,
}

impl Colours {
    /// Of clusters whose classes are not known.
    pub fn of_clusters(clusters: &Labels) -> Self {
        Self {
            classes: BTreeMap::new(),
            clusters: by_number(&distinct(clusters)),
            mapping: BTreeMap::new(),
        }
    }

    /// Of clusters in the colours of their classes.
    ///
    /// # Errors
    /// [`PlotError::Metric`] where the two are not of one length, or empty.
    pub fn matched(classes: &Labels, clusters: &Labels) -> Result<Self, PlotError> {
        let mapping: BTreeMap<i32, i32> = Contingency::new(classes, clusters)?
            .best_mapping()
            .into_iter()
            .collect();
        let classes = by_number(&distinct(classes));
        let taken: BTreeSet<usize> = classes.values().copied().collect();
        let mut free = (0..).filter(|place| !taken.contains(place));
        let mut place = |cluster: i32| {
            let own = mapping.get(&cluster).and_then(|class| classes.get(class));
            own.copied().or_else(|| free.next()).unwrap_or(0)
        };
        let clusters = distinct(clusters)
            .into_iter()
            .map(|cluster| (cluster, place(cluster)));
        Ok(Self {
            clusters: clusters.collect(),
            classes,
            mapping,
        })
    }

    /// The look of a class; that of noise for one that does not occur.
    pub fn of_class(&self, class: i32) -> Ink {
        self.classes
            .get(&class)
            .map_or(NOISE_INK, |&place| palette(place))
    }

    /// The look of a cluster; that of noise for one that does not occur.
    pub fn of_cluster(&self, cluster: i32) -> Ink {
        self.clusters
            .get(&cluster)
            .map_or(NOISE_INK, |&place| palette(place))
    }

    /// The class that a cluster stands for, where it stands for one.
    pub fn class_of(&self, cluster: i32) -> Option<i32> {
        self.mapping.get(&cluster).copied()
    }

    /// The cluster that stands for a class, where there is one.
    pub fn cluster_of(&self, class: i32) -> Option<i32> {
        let found = self.mapping.iter().find(|&(_, &of)| of == class);
        found.map(|(&cluster, _)| cluster)
    }
}

fn distinct(labels: &Labels) -> BTreeSet<i32> {
    labels
        .as_slice()
        .iter()
        .copied()
        .filter(|&label| label != Labels::NOISE)
        .collect()
}

/// A place in the palette for each: its number, or its rank where a number is too large.
fn by_number(labels: &BTreeSet<i32>) -> BTreeMap<i32, usize> {
    let fits = labels.last().is_none_or(|&last| (last as usize) < N_COLOURS);
    let place = |(rank, &label): (usize, &i32)| (label, if fits { label as usize } else { rank });
    labels.iter().enumerate().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[i32]) -> Labels {
        Labels::new(values.to_vec()).unwrap()
    }

    #[test]
    fn clusters_take_the_colour_of_their_class_and_the_rest_take_others() {
        let classes = labels(&[0, 0, 0, 2, 2, 2, -1]);
        let clusters = labels(&[7, 7, 9, 4, 4, -1, 4]);
        let colours = Colours::matched(&classes, &clusters).unwrap();
        assert_eq!(colours.of_class(2), palette(2));
        assert_eq!(colours.of_cluster(7), palette(0));
        assert_eq!(colours.of_cluster(4), palette(2));
        assert_eq!(colours.of_cluster(9), palette(1));
        assert_eq!((colours.class_of(4), colours.class_of(9)), (Some(2), None));
        assert_eq!((colours.cluster_of(0), colours.cluster_of(5)), (Some(7), None));
        assert_eq!(colours.of_cluster(-1), NOISE_INK);
        assert_eq!(colours.of_class(-1), NOISE_INK);
    }

    #[test]
    fn a_class_keeps_its_colour_whatever_else_occurs() {
        let all = Colours::matched(&labels(&[0, 1, 2, 3]), &labels(&[3, 2, 1, 0])).unwrap();
        let some = Colours::matched(&labels(&[3, 3]), &labels(&[0, 0])).unwrap();
        assert_eq!(all.of_class(3), some.of_class(3));
    }

    #[test]
    fn large_numbers_go_by_rank() {
        let colours = Colours::of_clusters(&labels(&[5_000, 30, 5_000, -1]));
        assert_eq!(
            (colours.of_cluster(30), colours.of_cluster(5_000)),
            (palette(0), palette(1))
        );
    }

    #[test]
    fn two_hundred_clusters_beside_ten_classes() {
        let classes = labels(&(0..2_000).map(|row| row % 10).collect::<Vec<_>>());
        let clusters = labels(&(0..2_000).map(|row| row % 200).collect::<Vec<_>>());
        let colours = Colours::matched(&classes, &clusters).unwrap();
        let places: BTreeSet<usize> = colours.clusters.values().copied().collect();
        assert_eq!(places.len(), 200);
    }
}

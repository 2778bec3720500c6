//! The flat clustering that a choice of clusters means for the rows.

use n2d_core::Labels;

use super::condensed::Condensed;
use super::config::HdbscanCut;
use super::linkage::SpanningEdge;
use super::select::Selection;

/// What each row is, and what the clusters are worth.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Flat {
    pub(super) selection: Selection,
    /// Of the rows that are in a cluster by their density; all others are noise. What clusters are worth is about these alone.
    pub(super) labels: Labels,
    /// The same with noise given to clusters, where that is asked for.
    pub(super) assigned: Option<Labels>,
    pub(super) probabilities: Vec<f32>,
    pub(super) outlier_scores: Vec<f32>,
    pub(super) persistence: Vec<f64>,
    /// For each cluster of the condensed tree the label of what is in it.
    pub(super) owner: Vec<Option<usize>>,
    /// Where all rows together are the only cluster: the least density at which its rows leave.
    pub(super) root_bar: Option<f64>,
}

impl Flat {
    pub(super) fn new(tree: &Condensed, cut: &HdbscanCut, edges: &[SpanningEdge]) -> Self {
        let selection = Selection::new(tree, cut);
        let owner = owners(tree, &selection);
        let root_bar = root_bar(tree, cut, &selection);
        let mut labels = vec![Labels::NOISE; tree.n_samples];
        let mut probabilities = vec![0.0; tree.n_samples];
        for (row, cluster, lambda) in tree.points() {
            let Some(label) = owner[cluster].filter(|_| root_bar.is_none_or(|bar| lambda >= bar)) else {
                continue;
            };
            labels[row] = label as i32;
            let death = tree.clusters[selection.clusters[label]].death;
            probabilities[row] = strength(lambda, death) as f32;
        }
        let persistence = persistence(tree, &selection, &labels);
        let checked = |labels| Labels::new(labels).expect("labels are counted from zero");
        Self {
            outlier_scores: outlier_scores(tree),
            assigned: cut
                .assign_noise
                .then(|| checked(with_noise_assigned(edges, &labels))),
            labels: checked(labels),
            selection,
            probabilities,
            persistence,
            owner,
            root_bar,
        }
    }
}

/// How strongly a row that leaves at some density belongs to a cluster whose last leaves at `death`.
pub(super) fn strength(lambda: f64, death: f64) -> f64 {
    if death == 0.0 || lambda >= death {
        1.0
    } else {
        lambda / death
    }
}

/// GLOSH (Campello et al. 2015): how much less dense a row is than the densest of where it left. 1 beside equal rows.
pub(super) fn outlier_score(lambda: f64, death: f64) -> f64 {
    if lambda >= death {
        0.0
    } else if death == f64::INFINITY {
        1.0
    } else {
        (death - lambda) / death
    }
}

fn owners(tree: &Condensed, selection: &Selection) -> Vec<Option<usize>> {
    let mut owner = vec![None; tree.clusters.len()];
    for (number, cluster) in tree.clusters.iter().enumerate() {
        owner[number] = match selection.clusters.binary_search(&number) {
            Ok(label) => Some(label),
            Err(_) => cluster.parent.and_then(|parent| owner[parent]),
        };
    }
    owner
}

fn root_bar(tree: &Condensed, cut: &HdbscanCut, selection: &Selection) -> Option<f64> {
    let epsilon = cut.cluster_selection_epsilon;
    (selection.clusters == [0]).then(|| {
        if epsilon > 0.0 {
            1.0 / epsilon
        } else {
            tree.clusters[0].death
        }
    })
}

fn outlier_scores(tree: &Condensed) -> Vec<f32> {
    let deaths = tree.deaths_below();
    let mut scores = vec![0.0; tree.n_samples];
    for (row, cluster, lambda) in tree.points() {
        scores[row] = outlier_score(lambda, deaths[cluster]) as f32;
    }
    scores
}

/// Stability a row, relative to the greatest density of all: 1 where that is infinite or a cluster has no row.
fn persistence(tree: &Condensed, selection: &Selection, labels: &[i32]) -> Vec<f64> {
    let mut sizes = vec![0_usize; selection.clusters.len()];
    for &label in labels.iter().filter(|&&label| label >= 0) {
        sizes[label as usize] += 1;
    }
    let max_lambda = tree.max_lambda();
    let relative = |(&stability, &size): (&f64, &usize)| {
        if max_lambda == 0.0 || max_lambda.is_infinite() || size == 0 {
            1.0
        } else {
            stability / (size as f64 * max_lambda)
        }
    };
    selection.stabilities.iter().zip(&sizes).map(relative).collect()
}

/// Grows the clusters along the edges, cheapest first, until all rows are reached; clusters never run into one another.
fn with_noise_assigned(edges: &[SpanningEdge], labels: &[i32]) -> Vec<i32> {
    let n = labels.len();
    let mut sets = super::sets::DisjointSets::new(n);
    let mut label_of = labels.to_vec();
    for edge in edges {
        let (a, b) = (sets.find(edge.a) as usize, sets.find(edge.b) as usize);
        let (of_a, of_b) = (label_of[a], label_of[b]);
        if of_a == Labels::NOISE || of_b == Labels::NOISE {
            sets.join(edge.a, edge.b);
            label_of[a.min(b)] = of_a.max(of_b);
        }
    }
    (0..n as u32)
        .map(|row| label_of[sets.find(row) as usize])
        .collect()
}

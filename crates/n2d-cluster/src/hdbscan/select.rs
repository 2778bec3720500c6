//! Which clusters of the condensed tree are the result.

use super::condensed::Condensed;
use super::config::{ClusterSelection, HdbscanCut};

/// The chosen clusters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selection {
    /// Their places in the condensed tree, ascending: a label is a place in this list.
    pub(super) clusters: Vec<usize>,
    /// Their stabilities, as the choice saw them.
    pub(super) stabilities: Vec<f64>,
}

/// The least epsilon with which exactly `n_clusters` are chosen, if there is one. The greater it is, the fewer are chosen.
pub(super) fn epsilon_for(tree: &Condensed, cut: &HdbscanCut, n_clusters: usize) -> Option<f64> {
    let mut epsilons: Vec<f64> = (1..tree.clusters.len())
        .map(|number| birth_distance(tree, number).next_up())
        .collect();
    epsilons.push(0.0);
    epsilons.sort_unstable_by(f64::total_cmp);
    let count = |epsilon: f64| {
        let cut = HdbscanCut {
            cluster_selection_epsilon: epsilon,
            ..cut.clone()
        };
        Selection::new(tree, &cut).clusters.len()
    };
    let at = epsilons.partition_point(|&epsilon| count(epsilon) > n_clusters);
    epsilons
        .get(at)
        .copied()
        .filter(|&epsilon| count(epsilon) == n_clusters)
}

impl Selection {
    pub(super) fn new(tree: &Condensed, cut: &HdbscanCut) -> Self {
        let mut stability: Vec<f64> = tree.clusters.iter().map(|c| c.stability).collect();
        // Fewer rows than a cluster needs are none, all together or not.
        if tree.n_samples < cut.min_cluster_size {
            return Self::of(Vec::new(), &stability);
        }
        let chosen = match cut.cluster_selection_method {
            ClusterSelection::Eom => excess_of_mass(tree, cut, &mut stability),
            ClusterSelection::Leaf => leaves(tree),
        };
        let epsilon = cut.cluster_selection_epsilon;
        let chosen = if epsilon > 0.0 && chosen != [0] {
            merged_below(tree, &chosen, epsilon, cut.allow_single_cluster)
        } else {
            chosen
        };
        Self::of(chosen, &stability)
    }

    fn of(clusters: Vec<usize>, stability: &[f64]) -> Self {
        let stabilities = clusters.iter().map(|&c| stability[c]).collect();
        Self {
            clusters,
            stabilities,
        }
    }
}

/// From the bottom up, a cluster is chosen unless those chosen below it are more stable together, or it is out of bounds.
/// `stability` becomes that of the best choice at or below each cluster.
fn excess_of_mass(tree: &Condensed, cut: &HdbscanCut, stability: &mut [f64]) -> Vec<usize> {
    let mut chosen = vec![false; tree.clusters.len()];
    let first = usize::from(!cut.allow_single_cluster);
    for (number, cluster) in tree.clusters.iter().enumerate().skip(first).rev() {
        let below: f64 = cluster.children.iter().map(|&child| stability[child]).sum();
        let too_wide = cut
            .cluster_selection_epsilon_max
            .is_some_and(|most| birth_distance(tree, number) > most);
        if below > stability[number] || cluster.size > cut.size_limit() || too_wide {
            stability[number] = below;
        } else {
            chosen[number] = true;
        }
    }
    topmost(tree, &chosen)
}

/// The distance at which a cluster comes to be; for all rows together, the greatest at which anything leaves.
fn birth_distance(tree: &Condensed, number: usize) -> f64 {
    if number > 0 {
        return 1.0 / tree.clusters[number].birth;
    }
    tree.rows.iter().map(|row| 1.0 / row.lambda).fold(0.0, f64::max)
}

/// Those chosen that have no chosen one above them.
fn topmost(tree: &Condensed, chosen: &[bool]) -> Vec<usize> {
    let mut covered = vec![false; chosen.len()];
    let mut top = Vec::new();
    for (number, cluster) in tree.clusters.iter().enumerate() {
        let above = cluster.parent.is_some_and(|parent| covered[parent]);
        if chosen[number] && !above {
            top.push(number);
        }
        covered[number] = above || chosen[number];
    }
    top
}

fn leaves(tree: &Condensed) -> Vec<usize> {
    let is_leaf = |&number: &usize| tree.clusters[number].children.is_empty();
    (1..tree.clusters.len()).filter(is_leaf).collect()
}

/// Each chosen cluster that comes to be below `epsilon` gives way to the first above it that comes to be beyond it.
fn merged_below(tree: &Condensed, chosen: &[usize], epsilon: f64, allow_root: bool) -> Vec<usize> {
    let mut keep = vec![false; tree.clusters.len()];
    for &number in chosen {
        keep[raised(tree, number, epsilon, allow_root)] = true;
    }
    topmost(tree, &keep)
}

fn raised(tree: &Condensed, mut number: usize, epsilon: f64, allow_root: bool) -> usize {
    if birth_distance(tree, number) >= epsilon {
        return number;
    }
    while let Some(parent) = tree.clusters[number].parent {
        if parent == 0 {
            return if allow_root { 0 } else { number };
        }
        number = parent;
        if birth_distance(tree, number) > epsilon {
            break;
        }
    }
    number
}

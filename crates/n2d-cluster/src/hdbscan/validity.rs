//! A figure for how well separated clusters are.

use n2d_core::Labels;

use super::linkage::SpanningEdge;

/// By the edges within clusters and between them.
pub(super) fn relative_validity(edges: &[SpanningEdge], labels: &Labels, n_clusters: usize) -> f64 {
    let label = |row: u32| usize::try_from(labels.as_slice()[row as usize]).ok();
    let mut spread = vec![0.0_f64; n_clusters];
    let mut apart = vec![f64::INFINITY; n_clusters];
    let mut to_noise = f64::INFINITY;
    for edge in edges {
        match (label(edge.a), label(edge.b)) {
            (Some(a), Some(b)) if a == b => spread[a] = spread[a].max(edge.weight),
            (Some(a), Some(b)) => {
                apart[a] = apart[a].min(edge.weight);
                apart[b] = apart[b].min(edge.weight);
            }
            (None, None) => {}
            _ => to_noise = to_noise.min(edge.weight),
        }
    }
    let longest = edges.last().map_or(0.0, |edge| edge.weight);
    // A cluster with noise all around it is taken to be twice as far from others as anything can be.
    let far = if n_clusters == 1 && to_noise.is_finite() {
        to_noise
    } else {
        longest
    };
    let mut sizes = vec![0_usize; n_clusters];
    for &label in labels.as_slice().iter().filter(|&&label| label >= 0) {
        sizes[label as usize] += 1;
    }
    let score = |cluster: usize| {
        let separation = if apart[cluster].is_finite() {
            apart[cluster]
        } else {
            2.0 * far
        };
        let greater = separation.max(spread[cluster]);
        let index = if greater > 0.0 {
            (separation - spread[cluster]) / greater
        } else {
            0.0
        };
        index * sizes[cluster] as f64 / labels.len() as f64
    };
    (0..n_clusters).map(score).sum()
}

//! Clusters as valleys of the reachability plot between steep slopes: section 4.3 of Ankerst, Breunig, Kriegel and Sander
//! (1999), with the corrections that scikit-learn makes to its definitions 9 and 11, and its rule for predecessors.

use n2d_core::Labels;

use super::OpticsConfig;
use super::order::Reached;

/// The places of a cluster's first and last row in the order.
pub(super) type Span = (usize, usize);

/// The reachability of the rows in order.
struct Plot<'a> {
    /// With an infinite one at the end, by which clusters end there.
    heights: Vec<f64>,
    reached: &'a Reached,
    /// The place of each row in the order.
    places: Vec<usize>,
    /// What is left of a height at a steep step.
    steep: f64,
    min_samples: usize,
}

/// A stretch where the plot falls steeply.
struct Descent {
    start: usize,
    end: usize,
    /// The greatest height since.
    height_since: f64,
}

/// The clusters, smaller ones before those that hold them.
pub(super) fn clusters(reached: &Reached, config: &OpticsConfig) -> Vec<Span> {
    let plot = Plot::new(reached, config);
    let n = reached.order.len();
    let mut descents: Vec<Descent> = Vec::new();
    let mut clusters = Vec::new();
    let (mut next, mut height_since) = (0, 0.0_f64);
    for at in 0..n {
        let falls = plot.falls_steeply(at);
        if at < next || !(falls || plot.rises_steeply(at)) {
            continue;
        }
        height_since = plot.heights[next..=at]
            .iter()
            .copied()
            .fold(height_since, f64::max);
        plot.drop_low(&mut descents, height_since);
        let end = if falls {
            let end = plot.extend(at, |at| plot.falls_steeply(at), |at| plot.rises(at));
            descents.push(Descent {
                start: at,
                end,
                height_since: 0.0,
            });
            end
        } else {
            let end = plot.extend(at, |at| plot.rises_steeply(at), |at| plot.falls(at));
            let between = |descent| plot.cluster(descent, (at, end), config);
            clusters.extend(descents.iter().rev().filter_map(between));
            end
        };
        next = end + 1;
        height_since = plot.heights[next];
    }
    clusters
}

/// The labels: only clusters that hold no other count.
pub(super) fn labels(reached: &Reached, clusters: &[Span]) -> Vec<i32> {
    let mut in_order = vec![Labels::NOISE; reached.order.len()];
    let mut n_clusters = 0;
    for &(start, end) in clusters {
        let rows = &mut in_order[start..=end];
        if rows.iter().all(|&label| label == Labels::NOISE) {
            rows.fill(n_clusters);
            n_clusters += 1;
        }
    }
    let mut labels = in_order.clone();
    for (&row, label) in reached.order.iter().zip(in_order) {
        labels[row as usize] = label;
    }
    labels
}

impl<'a> Plot<'a> {
    fn new(reached: &'a Reached, config: &OpticsConfig) -> Self {
        let heights = reached
            .order
            .iter()
            .map(|&row| reached.reachability[row as usize]);
        let mut places = vec![0; reached.order.len()];
        for (place, &row) in reached.order.iter().enumerate() {
            places[row as usize] = place;
        }
        Self {
            heights: heights.chain([f64::INFINITY]).collect(),
            reached,
            places,
            steep: 1.0 - config.xi,
            min_samples: config.min_samples,
        }
    }

    /// Neither between two infinite heights nor between two zeros is there a slope.
    fn ratio(&self, at: usize) -> f64 {
        self.heights[at] / self.heights[at + 1]
    }

    fn falls(&self, at: usize) -> bool {
        self.ratio(at) > 1.0
    }

    fn rises(&self, at: usize) -> bool {
        self.ratio(at) < 1.0
    }

    fn falls_steeply(&self, at: usize) -> bool {
        self.ratio(at) >= 1.0 / self.steep
    }

    fn rises_steeply(&self, at: usize) -> bool {
        self.ratio(at) <= self.steep
    }

    /// The last steep step of a slope that nowhere goes the other way, nor is less than steep for more than `min_samples`
    /// steps in a row.
    fn extend(&self, start: usize, steep: impl Fn(usize) -> bool, back: impl Fn(usize) -> bool) -> usize {
        let (mut end, mut n_flat) = (start, 0);
        for at in start..self.heights.len() - 1 {
            if steep(at) {
                (end, n_flat) = (at, 0);
            } else if back(at) {
                break;
            } else {
                n_flat += 1;
                if n_flat > self.min_samples {
                    break;
                }
            }
        }
        end
    }

    /// Drops descents that a later height is nearly as high as the start of.
    fn drop_low(&self, descents: &mut Vec<Descent>, height: f64) {
        descents.retain_mut(|descent| {
            descent.height_since = descent.height_since.max(height);
            height.is_finite() && height <= self.heights[descent.start] * self.steep
        });
    }

    /// The cluster between a descent and an ascent, where there is one.
    fn cluster(&self, descent: &Descent, ascent: Span, config: &OpticsConfig) -> Option<Span> {
        let (low, high) = (self.heights[ascent.1 + 1], self.heights[descent.start]);
        if low * self.steep < descent.height_since {
            return None;
        }
        let (mut start, mut end) = (descent.start, ascent.1);
        if high * self.steep >= low {
            // It begins where the descent comes down to the height of its end.
            while start < descent.end && self.heights[start + 1] > low {
                start += 1;
            }
        } else if low * self.steep >= high {
            // It ends where the ascent comes up to the height of its beginning.
            while end > ascent.0 && self.heights[end - 1] > high {
                end -= 1;
            }
        }
        if config.predecessor_correction {
            (start, end) = self.without_strangers(start, end)?;
        }
        let least = config.min_cluster_size.unwrap_or(config.min_samples);
        let holds = end + 1 - start >= least && start <= descent.end && end >= ascent.0;
        holds.then_some((start, end))
    }

    /// Takes rows off the end that were reached from outside, unless they lie lower than the beginning.
    fn without_strangers(&self, start: usize, mut end: usize) -> Option<Span> {
        while start < end {
            let row = self.reached.order[end];
            let from = self.reached.predecessor[row as usize].map(|row| self.places[row as usize]);
            if self.heights[start] > self.heights[end]
                || from.is_some_and(|from| (start..end).contains(&from))
            {
                return Some((start, end));
            }
            end -= 1;
        }
        None
    }
}

//! The condensed tree: the merges read from the top down, where splitting off fewer rows than a cluster needs is no split
//! but rows leaving (Campello, Moulavi and Sander 2013).

use super::linkage::LinkageRow;

/// Something leaves a cluster of the condensed tree: a row, or a part that is a cluster of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CondensedRow {
    /// The cluster that is left; clusters are numbered from `n_samples` on, and that is all rows together.
    pub parent: usize,
    /// What leaves: a row if below `n_samples`, else a cluster.
    pub child: usize,
    /// The density at which it leaves, 1 / distance; infinite where the distance is 0.
    pub lambda: f64,
    /// Rows in what leaves.
    pub size: usize,
}

/// Every cluster's parent comes before it, and so do the rows of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condensed {
    pub(super) n_samples: usize,
    pub(super) rows: Vec<CondensedRow>,
    /// All clusters; number 0 is that of all rows.
    pub(super) clusters: Vec<Cluster>,
}

/// A cluster of the tree; others are named by their place in the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cluster {
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    /// The density at which it comes to be.
    pub(super) birth: f64,
    /// The greatest density at which anything leaves it.
    pub(super) death: f64,
    pub(super) size: usize,
    /// Excess of mass: over all its rows, how long they stay, in density.
    pub(super) stability: f64,
}

impl Condensed {
    /// Condenses a linkage.
    pub(super) fn new(n_samples: usize, linkage: &[LinkageRow], min_cluster_size: usize) -> Self {
        let mut rows = Vec::with_capacity(n_samples + n_samples / min_cluster_size);
        if !linkage.is_empty() {
            Condenser::new(n_samples, linkage, min_cluster_size, &mut rows).run();
        }
        Self::of_rows(n_samples, rows)
    }

    /// The clusters that a table tells of.
    pub(super) fn of_rows(n_samples: usize, rows: Vec<CondensedRow>) -> Self {
        let mut clusters = vec![Cluster::new(None, 0.0, n_samples)];
        for row in &rows {
            let parent = row.parent - n_samples;
            if row.child >= n_samples {
                let number = clusters.len();
                debug_assert_eq!(row.child, n_samples + number);
                clusters.push(Cluster::new(Some(parent), row.lambda, row.size));
                clusters[parent].children.push(number);
            }
            let cluster = &mut clusters[parent];
            cluster.death = cluster.death.max(row.lambda);
            // Both may be infinite where rows are equal: nothing has lasted then.
            if row.lambda > cluster.birth {
                cluster.stability += (row.lambda - cluster.birth) * row.size as f64;
            }
        }
        Self {
            n_samples,
            rows,
            clusters,
        }
    }

    /// The tree without splits of which a side lasts shorter than `persistence`. The rows of such a side leave at the split,
    /// or, where neither side splits further, both go on as one cluster.
    pub(super) fn simplified(self, persistence: f64) -> Self {
        if persistence <= 0.0 || self.clusters.len() == 1 {
            return self;
        }
        let deaths = self.deaths_below();
        let n = self.n_samples;
        let mut into: Vec<usize> = (0..self.clusters.len()).collect();
        let mut leaf: Vec<bool> = self.clusters.iter().map(|c| c.children.is_empty()).collect();
        let mut early = vec![None; self.clusters.len()];
        for (number, cluster) in self.clusters.iter().enumerate().rev() {
            let &[a, b] = cluster.children.as_slice() else {
                continue;
            };
            let (short, long) = if deaths[a] <= deaths[b] { (a, b) } else { (b, a) };
            if lasting(deaths[short], self.clusters[a].birth) >= persistence {
                continue;
            }
            if leaf[long] {
                leaf[number] = true;
            } else {
                early[short] = Some(self.clusters[a].birth);
            }
            (into[a], into[b]) = (number, number);
        }
        let (numbers, kept) = renumbered(&mut into);
        let kept_row = |row: &CondensedRow| row.child < n || kept[row.child - n];
        let moved = |row: &CondensedRow| CondensedRow {
            parent: n + numbers[row.parent - n],
            child: if row.child < n {
                row.child
            } else {
                n + numbers[row.child - n]
            },
            lambda: early[row.parent - n].unwrap_or(row.lambda),
            ..*row
        };
        let rows = self.rows.iter().filter(|row| kept_row(row)).map(moved).collect();
        Self::of_rows(n, rows)
    }

    /// The greatest density anything leaves at, or 0.
    pub(super) fn max_lambda(&self) -> f64 {
        self.clusters.iter().fold(0.0, |max, c| c.death.max(max))
    }

    /// The rows of the table that are rows of the data, as (row, cluster, density).
    pub(super) fn points(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let n = self.n_samples;
        self.rows
            .iter()
            .filter(move |row| row.child < n)
            .map(move |row| (row.child, row.parent - n, row.lambda))
    }

    /// For each cluster the greatest density at which anything leaves it or a cluster below it.
    pub(super) fn deaths_below(&self) -> Vec<f64> {
        let mut deaths: Vec<f64> = self.clusters.iter().map(|c| c.death).collect();
        for (number, cluster) in self.clusters.iter().enumerate().rev() {
            if let Some(parent) = cluster.parent {
                deaths[parent] = deaths[parent].max(deaths[number]);
            }
        }
        deaths
    }

    /// The leaves at or below a cluster, in the order of their numbers.
    pub(super) fn leaves_below(&self, number: usize) -> Vec<usize> {
        let mut below = vec![number];
        let mut leaves = Vec::new();
        while let Some(number) = below.pop() {
            let children = &self.clusters[number].children;
            if children.is_empty() {
                leaves.push(number);
            }
            below.extend(children);
        }
        leaves.sort_unstable();
        leaves
    }
}

impl Cluster {
    fn new(parent: Option<usize>, birth: f64, size: usize) -> Self {
        Self {
            parent,
            children: Vec::new(),
            birth,
            death: 0.0,
            size,
            stability: 0.0,
        }
    }
}

/// Nothing lasts from one infinite density to another.
fn lasting(death: f64, birth: f64) -> f64 {
    if death > birth { death - birth } else { 0.0 }
}

/// The new number of each cluster, and whether it is there still. `into` names for each the one it is part of, itself if none;
/// that comes before it.
fn renumbered(into: &mut [usize]) -> (Vec<usize>, Vec<bool>) {
    let mut numbers = vec![0; into.len()];
    let mut kept = vec![false; into.len()];
    let mut count = 0;
    for at in 0..into.len() {
        if into[at] == at {
            (numbers[at], kept[at]) = (count, true);
            count += 1;
        } else {
            into[at] = into[into[at]];
            numbers[at] = numbers[into[at]];
        }
    }
    (numbers, kept)
}

/// Goes down the merges, breadth first.
struct Condenser<'a> {
    n: usize,
    linkage: &'a [LinkageRow],
    least: usize,
    /// Merges still to be looked at, and the clusters they belong to.
    queue: Vec<(usize, usize)>,
    next_cluster: usize,
    rows: &'a mut Vec<CondensedRow>,
}

impl<'a> Condenser<'a> {
    fn new(n: usize, linkage: &'a [LinkageRow], least: usize, rows: &'a mut Vec<CondensedRow>) -> Self {
        Self {
            n,
            linkage,
            least,
            queue: vec![(2 * linkage.len(), n)],
            next_cluster: n + 1,
            rows,
        }
    }

    fn run(mut self) {
        let mut at = 0;
        let mut below = Vec::new();
        while let Some(&(node, cluster)) = self.queue.get(at) {
            at += 1;
            if node >= self.n {
                self.split(self.linkage[node - self.n], cluster, &mut below);
            }
        }
    }

    fn size(&self, node: usize) -> usize {
        node.checked_sub(self.n)
            .map_or(1, |merge| self.linkage[merge].size)
    }

    fn split(&mut self, merge: LinkageRow, cluster: usize, below: &mut Vec<usize>) {
        let lambda = if merge.distance > 0.0 {
            1.0 / merge.distance
        } else {
            f64::INFINITY
        };
        let sides = [merge.left, merge.right];
        let both = sides.iter().all(|&side| self.size(side) >= self.least);
        for side in sides {
            if both {
                self.rows.push(CondensedRow {
                    parent: cluster,
                    child: self.next_cluster,
                    lambda,
                    size: self.size(side),
                });
                self.queue.push((side, self.next_cluster));
                self.next_cluster += 1;
            } else if self.size(side) >= self.least {
                self.queue.push((side, cluster));
            } else {
                self.leave(side, cluster, lambda, below);
            }
        }
    }

    /// All rows of a node leave a cluster.
    fn leave(&mut self, node: usize, parent: usize, lambda: f64, below: &mut Vec<usize>) {
        below.clear();
        below.push(node);
        let mut at = 0;
        while let Some(&node) = below.get(at) {
            at += 1;
            if let Some(merge) = node.checked_sub(self.n) {
                below.extend([self.linkage[merge].left, self.linkage[merge].right]);
            } else {
                self.rows.push(CondensedRow {
                    parent,
                    child: node,
                    lambda,
                    size: 1,
                });
            }
        }
    }
}

//! The numbers of a contingency table without the names of its rows and columns.

use crate::Cell;

/// Sizes of classes and clusters and what they share. May be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) class_sizes: Vec<usize>,
    pub(crate) cluster_sizes: Vec<usize>,
    /// By class, then by cluster.
    pub(crate) cells: Vec<Cell>,
    pub(crate) n_samples: usize,
}

impl Counts {
    pub(crate) fn of_cells(n_classes: usize, n_clusters: usize, cells: Vec<Cell>) -> Self {
        let (mut class_sizes, mut cluster_sizes) = (vec![0; n_classes], vec![0; n_clusters]);
        for cell in &cells {
            class_sizes[cell.class] += cell.count;
            cluster_sizes[cell.cluster] += cell.count;
        }
        let n_samples = class_sizes.iter().sum();
        Self {
            class_sizes,
            cluster_sizes,
            cells,
            n_samples,
        }
    }

    /// The table without the rows of one class and one cluster; what has no row any more is gone.
    pub(crate) fn without(&self, class: Option<usize>, cluster: Option<usize>) -> Self {
        let kept = |cell: &&Cell| Some(cell.class) != class && Some(cell.cluster) != cluster;
        let mut cells: Vec<Cell> = self.cells.iter().filter(kept).copied().collect();
        let n_classes = renumber(
            cells.iter_mut().map(|cell| &mut cell.class),
            self.class_sizes.len(),
        );
        let n_clusters = renumber(
            cells.iter_mut().map(|cell| &mut cell.cluster),
            self.cluster_sizes.len(),
        );
        Self::of_cells(n_classes, n_clusters, cells)
    }

    /// The table with every row of one class a class of its own, and every row of one cluster a cluster of its own.
    pub(crate) fn with_rows_apart(&self, class: Option<usize>, cluster: Option<usize>) -> Self {
        let (mut n_classes, mut n_clusters) = (self.class_sizes.len(), self.cluster_sizes.len());
        let mut cells = Vec::with_capacity(self.cells.len());
        for &cell in &self.cells {
            let (own_class, own_cluster) = (Some(cell.class) == class, Some(cell.cluster) == cluster);
            if !own_class && !own_cluster {
                cells.push(cell);
                continue;
            }
            for _ in 0..cell.count {
                cells.push(Cell {
                    class: next_or(own_class, cell.class, &mut n_classes),
                    cluster: next_or(own_cluster, cell.cluster, &mut n_clusters),
                    count: 1,
                });
            }
        }
        merge_equal(&mut cells);
        // The noise class and cluster have no row left.
        Self::of_cells(n_classes, n_clusters, cells).without(None, None)
    }

    /// Whether both labellings group the rows alike.
    pub(crate) fn is_perfect(&self) -> bool {
        self.cells.len() == self.class_sizes.len() && self.cells.len() == self.cluster_sizes.len()
    }
}

/// A new number where the row stands apart, else the old one.
fn next_or(apart: bool, old: usize, next: &mut usize) -> usize {
    if !apart {
        return old;
    }
    *next += 1;
    *next - 1
}

/// Sorts, and joins cells of one class and cluster.
fn merge_equal(cells: &mut Vec<Cell>) {
    cells.sort_unstable_by_key(|cell| (cell.class, cell.cluster));
    cells.dedup_by(|cell, kept| {
        let same = (cell.class, cell.cluster) == (kept.class, kept.cluster);
        if same {
            kept.count += cell.count;
        }
        same
    });
}

/// Numbers those that occur from zero, in their order, and says how many they are.
fn renumber<'a>(numbers: impl Iterator<Item = &'a mut usize>, n: usize) -> usize {
    let numbers: Vec<&mut usize> = numbers.collect();
    let mut occurs = vec![false; n];
    for number in &numbers {
        occurs[**number] = true;
    }
    let mut n_occurring = 0;
    let new: Vec<usize> = occurs
        .iter()
        .map(|&occurs| {
            n_occurring += usize::from(occurs);
            n_occurring.saturating_sub(1)
        })
        .collect();
    for number in numbers {
        *number = new[*number];
    }
    n_occurring
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(cells: &[(usize, usize, usize)]) -> Vec<Cell> {
        let cell = |&(class, cluster, count): &(usize, usize, usize)| Cell {
            class,
            cluster,
            count,
        };
        cells.iter().map(cell).collect()
    }

    #[test]
    fn what_is_left_is_numbered_anew() {
        let counts = Counts::of_cells(3, 3, cells(&[(0, 1, 4), (1, 0, 2), (1, 2, 5), (2, 0, 1)]));
        let kept = counts.without(Some(0), Some(0));
        assert_eq!(kept, Counts::of_cells(1, 1, cells(&[(0, 0, 5)])));
        let none = kept.without(Some(0), None);
        assert_eq!((none.n_samples, none.class_sizes.len()), (0, 0));
    }

    #[test]
    fn rows_apart_are_groups_of_one() {
        let counts = Counts::of_cells(2, 2, cells(&[(0, 0, 2), (0, 1, 1), (1, 0, 2), (1, 1, 3)]));
        let apart = counts.with_rows_apart(Some(0), Some(0));
        assert_eq!(apart.n_samples, 8);
        assert_eq!(apart.class_sizes, [5, 1, 1, 1]);
        assert_eq!(apart.cluster_sizes, [4, 1, 1, 1, 1]);
        let clusters_only = counts.with_rows_apart(None, Some(0));
        assert_eq!(clusters_only.class_sizes, [3, 5]);
        assert_eq!(clusters_only.cluster_sizes, [4, 1, 1, 1, 1]);
    }
}

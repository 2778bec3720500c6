//! The table of merges, and where it is cut.

/// Two clusters become one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Merge {
    /// The two: below the number of rows a row, above it the merge of that number less the number of rows. The lower first.
    pub children: [u32; 2],
    /// How far apart they were.
    pub distance: f64,
    /// Rows in both.
    pub size: u32,
}

/// A merge of the clusters that two rows are in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Join {
    pub(super) rows: [u32; 2],
    pub(super) distance: f64,
}

/// The table of joins in the order of their distances; equal ones as they come.
pub(super) fn sorted(mut joins: Vec<Join>) -> Vec<Merge> {
    joins.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    in_order(&joins)
}

/// The table of joins in the order they were made in.
pub(super) fn in_order(joins: &[Join]) -> Vec<Merge> {
    let n_samples = joins.len() + 1;
    let mut sets = Sets::new(2 * n_samples - 1);
    let mut sizes = vec![1; 2 * n_samples - 1];
    let merge = |(at, join): (usize, &Join)| {
        let number = n_samples + at;
        let [a, b] = join.rows.map(|row| sets.root(row as usize));
        sets.parents[a] = number;
        sets.parents[b] = number;
        sizes[number] = sizes[a] + sizes[b];
        Merge {
            children: [a.min(b) as u32, a.max(b) as u32],
            distance: join.distance,
            size: sizes[number],
        }
    };
    joins.iter().enumerate().map(merge).collect()
}

/// The cluster of each row behind the first merges, numbered in the order of their first rows.
pub(super) fn cut(merges: &[Merge], n_merges: usize) -> Vec<i32> {
    let n_samples = merges.len() + 1;
    let mut sets = Sets::new(2 * n_samples - 1);
    for (at, merge) in merges[..n_merges].iter().enumerate() {
        for child in merge.children {
            sets.parents[child as usize] = n_samples + at;
        }
    }
    let mut numbers = vec![-1; 2 * n_samples - 1];
    let mut n_clusters = 0;
    let number = |row| {
        let number = &mut numbers[sets.root(row)];
        if *number < 0 {
            *number = n_clusters;
            n_clusters += 1;
        }
        *number
    };
    (0..n_samples).map(number).collect()
}

/// Disjoint sets.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn new(n: usize) -> Self {
        Self {
            parents: (0..n).collect(),
        }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_numbered_and_cut() {
        let join = |a, b, distance| Join {
            rows: [a, b],
            distance,
        };
        let table = sorted(vec![
            join(3, 1, 5.0),
            join(0, 2, 1.0),
            join(4, 3, 2.0),
            join(2, 4, 9.0),
        ]);
        let children: Vec<[u32; 2]> = table.iter().map(|merge| merge.children).collect();
        assert_eq!(children, [[0, 2], [3, 4], [1, 6], [5, 7]]);
        assert_eq!(
            table.iter().map(|merge| merge.size).collect::<Vec<_>>(),
            [2, 2, 3, 5]
        );
        assert_eq!(cut(&table, 0), [0, 1, 2, 3, 4]);
        assert_eq!(cut(&table, 3), [0, 1, 0, 1, 1]);
        assert_eq!(cut(&[], 0), [0]);
    }
}

//! Groups of rows by average linkage over how many members put two rows together.

use std::collections::BTreeMap;

use n2d_core::{FitContext, FitError, Labels};

use crate::align::beyond;

/// Rows that are together: how many, and how many of them are in which cluster of which member, in that order.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    n_rows: f64,
    counts: Vec<(usize, f64)>,
}

impl Group {
    fn with(&self, other: &Self) -> Self {
        let mut counts: BTreeMap<usize, f64> = self.counts.iter().copied().collect();
        for &(cluster, n_rows) in &other.counts {
            *counts.entry(cluster).or_insert(0.0) += n_rows;
        }
        Self {
            n_rows: self.n_rows + other.n_rows,
            counts: counts.into_iter().collect(),
        }
    }
}

/// A group for each combination of labels, and the group of each row; none for a row that is noise to more than half of the members.
pub(crate) fn combinations(members: &[Labels]) -> (Vec<Group>, Vec<Option<usize>>) {
    // Clusters of all members in one numbering.
    let starts: Vec<usize> = members
        .iter()
        .scan(0, |next, member| {
            let start = *next;
            *next += beyond(member);
            Some(start)
        })
        .collect();
    let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let group_of = |row: usize| {
        let cluster = |(member, start): (&Labels, &usize)| {
            usize::try_from(member.as_slice()[row])
                .ok()
                .map(|label| start + label)
        };
        let clusters: Vec<usize> = members.iter().zip(&starts).filter_map(cluster).collect();
        if 2 * clusters.len() < members.len() {
            return None;
        }
        let counts = clusters.iter().map(|&cluster| (cluster, 0.0)).collect();
        let at = *known.entry(clusters).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { n_rows: 0.0, counts });
        }
        groups[at].n_rows += 1.0;
        groups[at]
            .counts
            .iter_mut()
            .for_each(|(_, n_rows)| *n_rows += 1.0);
        Some(at)
    };
    let of_row = (0..members[0].len()).map(group_of).collect();
    (groups, of_row)
}

/// Merges groups until `n_left` are left, and numbers these; the number of each group's. All are noise where none is to be left.
pub(crate) fn cut(groups: Vec<Group>, n_left: usize, ctx: &FitContext<'_>) -> Result<Vec<i32>, FitError> {
    let n_groups = groups.len();
    if n_left == 0 {
        return Ok(vec![Labels::NOISE; n_groups]);
    }
    let mut merges = merges(groups, ctx)?;
    merges.sort_by(|a, b| b.2.total_cmp(&a.2));
    let mut top: Vec<usize> = (0..n_groups).collect();
    for &(a, b, _) in merges.iter().take(n_groups.saturating_sub(n_left)) {
        let (a, b) = (root(&top, a), root(&top, b));
        top[a.max(b)] = a.min(b);
    }
    let mut numbers = BTreeMap::new();
    let number = |group| {
        let next = numbers.len() as i32;
        *numbers.entry(root(&top, group)).or_insert(next)
    };
    Ok((0..n_groups).map(number).collect())
}

fn root(top: &[usize], mut group: usize) -> usize {
    while top[group] != group {
        group = top[group];
    }
    group
}

/// All merges by average linkage, as a group of each side and how alike they are: by the chain of nearest neighbours (Murtagh 1983), as merging makes
/// no group more alike to a third than both were.
fn merges(groups: Vec<Group>, ctx: &FitContext<'_>) -> Result<Vec<(usize, usize, f64)>, FitError> {
    let width = |group: &Group| group.counts.last().map_or(0, |&(cluster, _)| cluster + 1);
    let mut counts = vec![0.0; groups.iter().map(width).max().unwrap_or(0)];
    let mut merges = Vec::with_capacity(groups.len());
    let mut groups: Vec<Option<Group>> = groups.into_iter().map(Some).collect();
    let mut chain: Vec<usize> = Vec::new();
    while merges.len() + 1 < groups.len() {
        ctx.check_cancelled()?;
        if chain.is_empty() {
            chain.extend(groups.iter().position(Option::is_some));
        }
        let last = chain[chain.len() - 1];
        let previous = chain.len().checked_sub(2).map(|at| chain[at]);
        let Some((nearest, alike)) = nearest(&groups, last, previous, &mut counts) else {
            break;
        };
        if Some(nearest) != previous {
            chain.push(nearest);
            continue;
        }
        chain.truncate(chain.len() - 2);
        merges.push((last, nearest, alike));
        if let (Some(a), Some(b)) = (groups[last].take(), &groups[nearest]) {
            groups[nearest] = Some(b.with(&a));
        }
    }
    Ok(merges)
}

/// The group most alike to one, and how alike it is; of equals the one wished for, else the first. `counts` is zero before and after.
fn nearest(
    groups: &[Option<Group>],
    of: usize,
    wished: Option<usize>,
    counts: &mut [f64],
) -> Option<(usize, f64)> {
    let own = groups[of].as_ref()?;
    for &(cluster, n_rows) in &own.counts {
        counts[cluster] = n_rows;
    }
    let mut best: Option<(usize, f64)> = None;
    for (at, other) in groups.iter().enumerate().filter(|&(at, _)| at != of) {
        let Some(other) = other else { continue };
        let shared = other
            .counts
            .iter()
            .map(|&(cluster, n_rows)| n_rows * counts[cluster]);
        // Products of whole numbers, so that two groups are exactly as alike from either side.
        let alike = shared.sum::<f64>() / (own.n_rows * other.n_rows);
        let is_better = best.is_none_or(|best| alike > best.1 || (alike == best.1 && Some(at) == wished));
        if is_better {
            best = Some((at, alike));
        }
    }
    for &(cluster, _) in &own.counts {
        counts[cluster] = 0.0;
    }
    best
}

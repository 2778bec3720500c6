//! Evidence accumulation: rows belong together as often as members put them into one cluster.

use std::collections::{BTreeMap, BTreeSet};

use n2d_core::{BoxError, FitContext, FitError, Labels};
use n2d_metrics::best_mapping;

use crate::align::{Consensus, beyond, most_agreeing};
use crate::linkage::{combinations, cut};

/// Groups the rows of several clusterings by how many of them put two rows together, and lets their clusters vote for the groups.
///
/// The co-association of two rows is the share of members that have them in one cluster; groups of rows are merged by the mean of it over
/// all pairs (average linkage), the most alike first, until as many are left as the member has clusters that agrees best with all others. Unlike
/// [`consensus`](crate::consensus()), which matches clusters one to one, several clusters of a member may be parts of one group: the way for members that find
/// different numbers of clusters. Each cluster then stands for the group that most of its rows are in, and a row gets the label that most
/// members' clusters stand for, so that new rows can be labelled by the same rule; a group that gets no row by that is none. Noise (-1) is with nothing; a row that is noise to more
/// than half of the members is in no group. Groups have the numbers of the reference's clusters that they match best.
///
/// Rows that all members label alike are one from the start, so nothing as large as a matrix of rows is made: `O(t^2 m)` time and `O(t m + n)`
/// memory for `m` members, `n` rows and `t` different combinations of labels. Deterministic. (Fred and Jain 2005, *Combining multiple clusterings using evidence
/// accumulation*.)
///
/// ```
/// use n2d_core::{FitContext, Labels};
/// use n2d_ensemble::co_association;
///
/// // The second member has halved a cluster.
/// let whole = Labels::new(vec![0, 0, 0, 0, 1, 1])?;
/// let members = [whole.clone(), Labels::new(vec![2, 2, 0, 0, 1, 1])?, whole];
/// let found = co_association(&members, &FitContext::new(0))?;
/// assert_eq!(found.labels.as_slice(), [0, 0, 0, 0, 1, 1]);
/// assert_eq!(found.agreement, [1.0; 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FitError::Part`] where members are not of one length, or empty; [`FitError::Cancelled`].
///
/// # Panics
/// Where there is no member.
pub fn co_association(members: &[Labels], ctx: &FitContext<'_>) -> Result<Consensus, FitError> {
    let failed = |error| FitError::Part {
        part: "co_association".to_owned(),
        source: BoxError::from(error),
    };
    let reference = most_agreeing(members).map_err(failed)?;
    let (groups, of_row) = combinations(members);
    let top = cut(groups, members[reference].n_clusters(), ctx)?;
    let found = |combination: &Option<usize>| combination.map_or(Labels::NOISE, |at| top[at]);
    let found = Labels::new(of_row.iter().map(found).collect()).expect("numbers of groups");
    let numbers = numbering(&members[reference], &found).map_err(failed)?;
    let mappings = members
        .iter()
        .map(|member| most_of(member, &found, &numbers))
        .collect();
    Ok(without_empty(
        members,
        Consensus::counted(members, mappings, reference),
    ))
}

/// A group whose rows all vote for others is none: clusters that stood for it stand for the label that most of their rows have, until every group has
/// rows, and the numbers that are left close up.
fn without_empty(members: &[Labels], mut found: Consensus) -> Consensus {
    let mut used = numbers_of(&found.labels);
    if stands_for_used(&found, &used) {
        return found;
    }
    while !stands_for_used(&found, &used) {
        let all: Vec<i32> = (0..beyond(&found.labels) as i32).collect();
        let most = members.iter().map(|member| most_of(member, &found.labels, &all));
        let mut mappings = found.mappings.clone();
        for (label, most) in mappings.iter_mut().flatten().zip(most.flatten()) {
            if *label >= 0 && !used.contains(label) {
                *label = most;
            }
        }
        found = Consensus::counted(members, mappings, found.reference);
        used = numbers_of(&found.labels);
    }
    let mut mappings = found.mappings;
    for label in mappings.iter_mut().flatten().filter(|label| **label >= 0) {
        *label = used.range(..*label).count() as i32;
    }
    Consensus::counted(members, mappings, found.reference)
}

fn numbers_of(labels: &Labels) -> BTreeSet<i32> {
    labels
        .as_slice()
        .iter()
        .copied()
        .filter(|&label| label >= 0)
        .collect()
}

fn stands_for_used(found: &Consensus, used: &BTreeSet<i32>) -> bool {
    found
        .mappings
        .iter()
        .flatten()
        .all(|label| *label < 0 || used.contains(label))
}

/// The number of each group: that of the reference's cluster which it matches, else the lowest that is free.
fn numbering(reference: &Labels, found: &Labels) -> Result<Vec<i32>, n2d_metrics::MetricError> {
    let matched: BTreeMap<i32, i32> = best_mapping(reference, found)?.into_iter().collect();
    let mut free = (0..).filter(|number| !matched.values().any(|taken| taken == number));
    let number = |group: i32| matched.get(&group).copied().or_else(|| free.next());
    Ok((0..beyond(found) as i32).filter_map(number).collect())
}

/// For each cluster of a member, the number of the group that most of its rows are in, the first of equals; noise for one without such rows.
fn most_of(member: &Labels, found: &Labels, numbers: &[i32]) -> Vec<i32> {
    let mut shared = vec![vec![0_usize; numbers.len()]; beyond(member)];
    for (&cluster, &group) in member.as_slice().iter().zip(found.as_slice()) {
        if cluster >= 0 && group >= 0 {
            shared[cluster as usize][group as usize] += 1;
        }
    }
    let most = |shared: &Vec<usize>| {
        let largest = shared.iter().copied().max().filter(|&most| most > 0)?;
        shared.iter().position(|&n_rows| n_rows == largest)
    };
    shared
        .iter()
        .map(|shared| most(shared).map_or(Labels::NOISE, |group| numbers[group]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consensus;

    fn labels(values: &[i32]) -> Labels {
        Labels::new(values.to_vec()).unwrap()
    }

    fn found(members: &[Labels]) -> Consensus {
        co_association(members, &FitContext::new(0)).unwrap()
    }

    /// Average linkage over all pairs of rows, the most alike pair of groups first, as its definition has it.
    fn by_definition(members: &[Labels], n_left: usize) -> Vec<Vec<usize>> {
        let n_rows = members[0].len();
        let alike = |a: usize, b: usize| {
            let together =
                |member: &&Labels| member.as_slice()[a] >= 0 && member.as_slice()[a] == member.as_slice()[b];
            members.iter().filter(together).count() as f64
        };
        let mut groups: Vec<Vec<usize>> = (0..n_rows).map(|row| vec![row]).collect();
        while groups.len() > n_left {
            let mut best = (0, 0, -1.0);
            for a in 0..groups.len() {
                for b in 0..a {
                    let pairs = groups[a]
                        .iter()
                        .flat_map(|&i| groups[b].iter().map(move |&j| (i, j)));
                    let mean = pairs.map(|(i, j)| alike(i, j)).sum::<f64>()
                        / (groups[a].len() * groups[b].len()) as f64;
                    if mean > best.2 {
                        best = (b, a, mean);
                    }
                }
            }
            let other = groups.remove(best.1);
            groups[best.0].extend(other);
            groups[best.0].sort_unstable();
        }
        groups.sort();
        groups
    }

    #[test]
    fn groups_are_those_of_the_definition() {
        let noisy = |clusters: usize, step: usize| {
            let label = |row: usize| {
                let strays = (row * step + 3).is_multiple_of(7);
                ((row / 6 + usize::from(strays) * (row + step)) % clusters) as i32
            };
            labels(&(0..30).map(label).collect::<Vec<_>>())
        };
        let members = [noisy(5, 1), noisy(5, 3), noisy(4, 5), noisy(6, 11), noisy(5, 13)];
        for n_left in [2, 4, 7] {
            let (groups, of_row) = combinations(&members);
            let top = cut(groups, n_left, &FitContext::new(0)).unwrap();
            let mut sets: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
            for (row, at) in of_row.iter().enumerate() {
                sets.entry(top[at.unwrap()]).or_default().push(row);
            }
            let mut sets: Vec<Vec<usize>> = sets.into_values().collect();
            sets.sort();
            assert_eq!(sets, by_definition(&members, n_left), "{n_left}");
        }
    }

    #[test]
    fn equal_numbers_of_clusters_give_what_votes_give() {
        let good = labels(&[0, 0, 0, 1, 1, 1, 2, 2, 2]);
        let other = labels(&[2, 2, 2, 0, 0, 0, 1, 1, 0]);
        let members = [good.clone(), other, good.clone()];
        let (joined, voted) = (found(&members), consensus(&members).unwrap());
        assert_eq!(joined.labels, good);
        assert_eq!((joined.labels, joined.agreement), (voted.labels, voted.agreement));
    }

    #[test]
    fn parts_of_a_cluster_stand_for_it() {
        let whole = labels(&[4, 4, 4, 4, 4, 4, 2, 2]);
        let halved = labels(&[0, 0, 0, 1, 1, 1, 2, 2]);
        let members = [halved, whole.clone(), whole.clone()];
        assert_eq!(found(&members).labels, whole);
        assert_eq!(found(&members).mappings[0], [4, 4, 2]);
        // Votes of one to one leave half of it to nothing.
        assert!(
            consensus(&members)
                .unwrap()
                .agreement
                .iter()
                .any(|&share| share < 1.0)
        );
    }

    #[test]
    fn noise_is_with_nothing() {
        let some = labels(&[0, 0, 1, 1, -1, -1]);
        let more = labels(&[0, 0, 1, 1, 1, -1]);
        let less = labels(&[0, 0, 1, 1, 1, -1]);
        assert_eq!(found(&[some, more, less]).labels.as_slice(), [0, 0, 1, 1, 1, -1]);
        let none = labels(&[-1, -1, -1]);
        assert_eq!(found(&[none.clone(), none.clone()]).labels, none);
        // Each agrees with the reference, which has no cluster to be stood for, better than with the other.
        let members = [labels(&[-1; 4]), labels(&[0, 0, 1, 1]), labels(&[0, 1, 0, 1])];
        assert_eq!(found(&members).reference, 0);
        assert_eq!(found(&members).labels, members[0]);
        assert!(
            found(&members)
                .mappings
                .iter()
                .flatten()
                .all(|&label| label == -1)
        );
    }

    #[test]
    fn every_group_has_rows() {
        // Many small clusters that differ from member to member: most groups lose the votes.
        let scattered =
            |step: usize| labels(&(0..40).map(|row| ((row * step) % 13) as i32).collect::<Vec<_>>());
        let members = [scattered(1), scattered(3), scattered(5), scattered(7)];
        let found = found(&members);
        let n_groups = found.mappings.iter().flatten().max().unwrap() + 1;
        assert_eq!(
            numbers_of(&found.labels).into_iter().collect::<Vec<_>>(),
            (0..n_groups).collect::<Vec<_>>()
        );
        assert_eq!(
            Consensus::counted(&members, found.mappings.clone(), found.reference),
            found
        );
    }

    #[test]
    fn a_single_member_keeps_its_labels() {
        let only = labels(&[3, 3, 0, -1]);
        assert_eq!(found(std::slice::from_ref(&only)).labels, only);
    }

    #[test]
    fn lengths_must_be_equal() {
        let members = [labels(&[0, 1]), labels(&[0])];
        assert!(co_association(&members, &FitContext::new(0)).is_err());
    }
}

//! Labels of several clusterings of the same rows in one numbering.

use n2d_core::Labels;
use n2d_metrics::{MetricError, adjusted_rand_index, best_mapping};

/// Rounds of voting and numbering anew, at the most.
const ROUNDS: usize = 10;

/// What several clusterings of the same rows come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    /// The label that most members give each row.
    pub labels: Labels,
    /// The share of members that give it, for each row, in `(0, 1]`.
    pub agreement: Vec<f32>,
    /// For each member, the label of the consensus that each of its clusters stands for, by the cluster's number; -1 for a
    /// cluster that stands for none.
    pub mappings: Vec<Vec<i32>>,
    /// The member whose numbering is kept: the one that agrees best with the others.
    pub reference: usize,
}

/// Brings clusterings of the same rows into one numbering, and lets them vote.
///
/// The member with the highest mean adjusted Rand index with all others gives the numbering. The clusters of every other are matched to it
/// one to one so that most rows agree (the Hungarian method). Then the votes are counted and members matched anew to what they came to,
/// until nothing changes. Ties go to the reference's label if it is among the tied, else to the lowest; noise (-1) is a label like
/// others, and a cluster without a match votes for noise.
///
/// `O(m^2 n)` for `m` members and `n` rows; deterministic. (Strehl and Ghosh 2002, *Cluster ensembles*; relabelling and voting: Dudoit and
/// Fridlyand 2003.)
///
/// ```
/// use n2d_core::Labels;
/// use n2d_ensemble::consensus;
///
/// let members = [vec![0, 0, 1, 1], vec![1, 1, 0, 0], vec![1, 0, 0, 0]].map(|labels| Labels::new(labels).unwrap());
/// let found = consensus(&members)?;
/// assert_eq!(found.labels.as_slice(), [0, 0, 1, 1]);
/// assert_eq!(found.agreement, [1.0, 2.0 / 3.0, 1.0, 1.0]);
/// # Ok::<(), n2d_metrics::MetricError>(())
/// ```
///
/// # Errors
/// [`MetricError`] where members are not of one length, or empty.
///
/// # Panics
/// Where there is no member.
pub fn consensus(members: &[Labels]) -> Result<Consensus, MetricError> {
    let reference = most_agreeing(members)?;
    let mut target = members[reference].clone();
    let n_clusters = beyond(&target);
    let mut found = vote_on(members, &target, reference)?;
    for _ in 1..ROUNDS {
        if found.labels == target || found.labels.n_clusters() < n_clusters.min(2) {
            break;
        }
        target = found.labels.clone();
        found = vote_on(members, &target, reference)?;
    }
    Ok(found)
}

/// One more than the greatest label.
pub(crate) fn beyond(labels: &Labels) -> usize {
    labels
        .sizes()
        .last()
        .map_or(0, |&(cluster, _)| cluster as usize + 1)
}

/// The member with the highest mean adjusted Rand index with the others; the first of equals.
pub(crate) fn most_agreeing(members: &[Labels]) -> Result<usize, MetricError> {
    let mut sums = vec![0.0; members.len()];
    for a in 0..members.len() {
        for b in 0..a {
            let agreement = adjusted_rand_index(&members[a], &members[b])?;
            sums[a] += agreement;
            sums[b] += agreement;
        }
    }
    let best = |best: usize, at: usize| if sums[at] > sums[best] { at } else { best };
    Ok((1..members.len()).fold(0, best))
}

/// Every member matched to `target`, and their votes.
fn vote_on(members: &[Labels], target: &Labels, reference: usize) -> Result<Consensus, MetricError> {
    let mappings = members
        .iter()
        .map(|member| mapping(target, member))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Consensus::counted(members, mappings, reference))
}

impl Consensus {
    /// What members vote for whose clusters stand for these labels.
    pub(crate) fn counted<'a>(
        members: impl IntoIterator<Item = &'a Labels>,
        mappings: Vec<Vec<i32>>,
        reference: usize,
    ) -> Self {
        let members = members.into_iter().zip(&mappings);
        let votes: Vec<Vec<i32>> = members.map(|(member, mapping)| mapped(member, mapping)).collect();
        let (labels, agreement) = count(&votes, reference);
        Self {
            labels,
            agreement,
            mappings,
            reference,
        }
    }
}

fn mapping(target: &Labels, member: &Labels) -> Result<Vec<i32>, MetricError> {
    let mut mapping = vec![Labels::NOISE; beyond(member)];
    for (cluster, label) in best_mapping(target, member)? {
        mapping[cluster as usize] = label;
    }
    Ok(mapping)
}

/// The labels of a member in the numbering of the consensus. A cluster that no training row had stands for none.
pub(crate) fn mapped(member: &Labels, mapping: &[i32]) -> Vec<i32> {
    let label = |&label: &i32| {
        usize::try_from(label)
            .ok()
            .and_then(|cluster| mapping.get(cluster).copied())
            .unwrap_or(Labels::NOISE)
    };
    member.as_slice().iter().map(label).collect()
}

/// The labels of a member in the numbering of others of the same rows, matched one to one.
pub(crate) fn mapped_to(target: &Labels, member: &Labels) -> Result<Vec<i32>, MetricError> {
    Ok(mapped(member, &mapping(target, member)?))
}

/// The label with most votes for each row, and its share of them.
pub(crate) fn count(votes: &[Vec<i32>], reference: usize) -> (Labels, Vec<f32>) {
    let n = votes[0].len();
    let (mut labels, mut shares) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let mut of_row = Vec::with_capacity(votes.len());
    for row in 0..n {
        of_row.clear();
        of_row.extend(votes.iter().map(|member| member[row]));
        of_row.sort_unstable();
        let wanted = votes[reference][row];
        let groups = of_row
            .chunk_by(|a, b| a == b)
            .map(|group| (group[0], group.len()));
        let best = groups.fold((Labels::NOISE, 0), |best, (label, size)| {
            let wins = size > best.1 || (size == best.1 && label == wanted);
            if wins { (label, size) } else { best }
        });
        labels.push(best.0);
        shares.push(best.1 as f32 / votes.len() as f32);
    }
    (Labels::new(labels).expect("labels of the members"), shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[i32]) -> Labels {
        Labels::new(values.to_vec()).unwrap()
    }

    #[test]
    fn numbers_do_not_matter() {
        let one = labels(&[0, 0, 1, 1, 2, 2]);
        let other = labels(&[2, 2, 0, 0, 1, 1]);
        let found = consensus(&[one.clone(), other, one.clone()]).unwrap();
        assert_eq!(found.labels, one);
        assert_eq!(found.agreement, [1.0; 6]);
        assert_eq!(found.mappings[1], [1, 2, 0]);
    }

    #[test]
    fn a_bad_member_is_outvoted() {
        let good = labels(&[0, 0, 0, 1, 1, 1]);
        let bad = labels(&[0, 1, 0, 1, 0, 1]);
        let found = consensus(&[bad, good.clone(), good.clone()]).unwrap();
        assert_eq!(found.reference, 1);
        assert_eq!(found.labels, good);
        assert_eq!(found.agreement[1], 2.0 / 3.0);
    }

    #[test]
    fn ties_go_to_the_reference_and_noise_is_a_vote() {
        let votes = [vec![1, -1, 2], vec![0, -1, 0], vec![-1, 0, 1]];
        let (found, shares) = count(&votes, 1);
        assert_eq!(found.as_slice(), [0, -1, 0]);
        assert_eq!(shares, [1.0 / 3.0, 2.0 / 3.0, 1.0 / 3.0]);
        let (alone, shares) = count(&votes[..1], 0);
        assert_eq!(alone.as_slice(), [1, -1, 2]);
        assert_eq!(shares, [1.0; 3]);
    }

    #[test]
    fn clusters_beyond_those_of_training_rows_stand_for_none() {
        assert_eq!(mapped(&labels(&[0, 5, -1]), &[3]), [3, -1, -1]);
    }

    #[test]
    fn lengths_must_be_equal() {
        assert!(consensus(&[labels(&[0, 1]), labels(&[0])]).is_err());
    }
}

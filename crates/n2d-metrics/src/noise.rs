use serde::{Deserialize, Serialize};

/// How rows that are noise (label -1) enter a measure. There is no default: a figure means little unless it says which.
///
/// For measures that compare labels with classes, a row is noise where *either* label is -1: predicted as noise, or
/// unlabelled. "Kept" rows are the others. In configurations: `counted_wrong`, `left_out`, `own_cluster`.
///
/// | measure | [`CountedWrong`](Self::CountedWrong) | [`LeftOut`](Self::LeftOut) | [`OwnCluster`](Self::OwnCluster) |
/// |---|---|---|---|
/// | ACC, purity | noise is never right, but is counted | of the kept rows | noise is a label like any other |
/// | NMI, homogeneity, completeness, V | of the kept rows, times their share of all rows | of the kept rows | likewise |
/// | Rand index | a pair with noise in it is a disagreement | of the kept rows | likewise |
/// | AMI, ARI, Fowlkes-Mallows, pair confusion | each noise row is a group of its own | of the kept rows | likewise |
/// | silhouette | noise scores -1, and is in nobody's distances | of the clustered rows | noise is one cluster more |
/// | DBCV | noise scores 0 and is counted, as in the paper | of the clustered rows | noise is one cluster more |
/// | agreement among neighbours | unlabelled rows are wrong, and do not vote | of the labelled rows | unlabelled is one class more |
/// | Davies-Bouldin, Calinski-Harabasz | refused: there is no worst value | of the clustered rows | noise is one cluster more |
///
/// So what is counted wrong earns nothing: a method can't gain by refusing to answer. A group of its own for each row would
/// earn homogeneity (it is pure) and NMI, so these are scaled instead; measures that are adjusted for chance, and
/// Fowlkes-Mallows, give such groups nothing. Where no row is kept, every external measure is 0 when noise is counted wrong,
/// and [`MetricError::AllNoise`](crate::MetricError::AllNoise) when it is left out.
///
/// scikit-learn knows no noise, which comes to `OwnCluster`; hdbscan's `validity_index` does as `CountedWrong`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// Noise earns nothing and stays in the number of rows. For comparing methods that may refuse to answer.
    CountedWrong,
    /// Noise is taken out first. For asking how good the answers are that were given; say how many were.
    LeftOut,
    /// All noise together is one group like any other. For comparing with figures made by scikit-learn.
    OwnCluster,
}

impl Noise {
    /// As in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CountedWrong => "counted_wrong",
            Self::LeftOut => "left_out",
            Self::OwnCluster => "own_cluster",
        }
    }
}

impl std::fmt::Display for Noise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_configurations() {
        for noise in [Noise::CountedWrong, Noise::LeftOut, Noise::OwnCluster] {
            assert_eq!(serde_json::to_string(&noise).unwrap(), format!("\"{noise}\""));
        }
    }
}

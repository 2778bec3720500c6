//! What the page tells of each cluster.

use n2d_core::{FittedClusterer, Labels, Samples};
use n2d_datasets::Dataset;
use n2d_metrics::{
    ClusterProfile, Contingency, MetricError, cluster_profiles, simplified_silhouette_samples,
};
use n2d_plot::{ClusterDetails, RowKind};

use super::ReportError;
use super::kind::Shown;
use super::rows::Seen;
use crate::Model;

/// Typical rows and doubtful rows of a cluster: pictures, sequences, lines of a table.
const MOST_PICTURES: usize = 12;
const MOST_SEQUENCES: usize = 8;
const MOST_LINES: usize = 5;
/// Columns that set a cluster apart.
const MOST_FEATURES: usize = 6;
/// What an infinite effect is shown as.
const GREATEST_EFFECT: f64 = 99.9;

/// What is known of the rows.
pub(super) struct Found<'a> {
    pub(super) data: Option<&'a Dataset>,
    pub(super) seen: Option<&'a Seen>,
    pub(super) y: Samples<'a>,
    pub(super) clusters: &'a Labels,
    pub(super) strengths: Option<&'a [f32]>,
}

/// How strongly each row belongs to its cluster, where the clusterer knows; noise has 0.
pub(super) fn strengths(
    model: &Model,
    y: Samples<'_>,
    clusters: &Labels,
    seen: Option<&Seen>,
) -> Result<Option<Vec<f32>>, ReportError> {
    let new = seen.and_then(|seen| seen.answers.as_ref());
    if let Some(strengths) = new.and_then(|answers| answers.assigned.strengths.clone()) {
        return Ok(Some(strengths));
    }
    let clusterer: &dyn FittedClusterer = &**model.pipeline().clusterer();
    if let Some(part) = clusterer.as_predict_proba() {
        let proba = part.predict_proba(y)?;
        let of_own = |(row, &label): (usize, &i32)| {
            let column = usize::try_from(label)
                .ok()
                .filter(|&column| column < proba.ncols());
            column.map_or(0.0, |column| proba[[row, column]].clamp(0.0, 1.0))
        };
        return Ok(Some(clusters.as_slice().iter().enumerate().map(of_own).collect()));
    }
    let of_training = clusterer.strengths().filter(|_| new.is_none());
    Ok(of_training.map(<[f32]>::to_vec))
}

impl Found<'_> {
    pub(super) fn profiles(&self, data: &Dataset) -> Result<Vec<ClusterProfile>, ReportError> {
        Ok(cluster_profiles(data.samples()?, self.clusters)?)
    }

    pub(super) fn details(
        &self,
        data: &Dataset,
        shown: &Shown<'_>,
        profiles: &[ClusterProfile],
    ) -> Result<Vec<ClusterDetails>, ReportError> {
        let silhouettes = match simplified_silhouette_samples(self.y, self.clusters) {
            Err(MetricError::ClusterCount { .. }) => vec![None; self.clusters.len()],
            each => each?,
        };
        let classes = data.labels.as_ref();
        let classes = classes
            .map(|classes| Contingency::new(classes, self.clusters))
            .transpose()?;
        let details = profiles.iter().map(|profile| {
            let mut rows = self.by_doubt(profile.label, &silhouettes);
            let most = match shown.kind {
                RowKind::Table { .. } => MOST_LINES,
                RowKind::Sequence { .. } => MOST_SEQUENCES,
                _ => MOST_PICTURES,
            };
            let doubtful = rows.iter().copied().take(most.min(rows.len() / 2)).collect();
            rows.reverse();
            rows.truncate(most);
            let decoded = self.seen.and_then(|seen| seen.decoded.get(&profile.label));
            ClusterDetails {
                label: profile.label,
                typical: rows,
                doubtful,
                features: features(profile, shown),
                facts: self.facts(profile, data, classes.as_ref(), &silhouettes),
                mean: Some(shown.of(&profile.mean)),
                reconstruction: decoded.map(|decoded| shown.of(&decoded.mean())),
                effects: match shown.kind {
                    RowKind::Table { .. } => None,
                    _ => Some(shown.of(&bounded(&profile.effects))),
                },
            }
        });
        Ok(details.collect())
    }

    /// The rows of a cluster, the most doubtful first.
    fn by_doubt(&self, label: i32, silhouettes: &[Option<f64>]) -> Vec<usize> {
        let labels = self.clusters.as_slice();
        let mut rows: Vec<(i32, f64, usize)> = (0..labels.len())
            .filter(|&row| labels[row] == label)
            .map(|row| {
                let strength = self.strengths.map_or(1.0, |strengths| strengths[row]);
                let thousandths = (strength * 1000.0).round() as i32;
                (thousandths, silhouettes[row].unwrap_or(0.0), row)
            })
            .collect();
        // Reversed, the rows of equal places are in their order.
        rows.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(b.2.cmp(&a.2)));
        rows.into_iter().map(|(_, _, row)| row).collect()
    }

    fn facts(
        &self,
        profile: &ClusterProfile,
        data: &Dataset,
        classes: Option<&Contingency>,
        silhouettes: &[Option<f64>],
    ) -> Vec<(String, String)> {
        let share = profile.size as f64 / self.clusters.len() as f64;
        let mut facts = vec![("share".to_owned(), percent(share))];
        let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
        if let Some((class, share)) = classes.and_then(|table| mostly(table, profile.label)) {
            let name = match class {
                Labels::NOISE => "unknown".to_owned(),
                class => {
                    let known = usize::try_from(class)
                        .ok()
                        .and_then(|class| data.label_names.get(class));
                    known.cloned().unwrap_or_else(|| class.to_string())
                }
            };
            add("mostly", format!("{name}, {}", percent(share)));
        }
        let own = || {
            self.clusters
                .as_slice()
                .iter()
                .enumerate()
                .filter(|(_, label)| **label == profile.label)
        };
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / profile.size as f64;
        if let Some(strengths) = self.strengths {
            let mean = mean(&mut own().map(|(row, _)| f64::from(strengths[row])));
            add("mean strength", format!("{mean:.3}"));
        }
        if silhouettes.iter().any(Option::is_some) {
            let mean = mean(&mut own().map(|(row, _)| silhouettes[row].unwrap_or(0.0)));
            add("simplified silhouette", format!("{mean:.3}"));
        }
        if let Some(decoded) = self.seen.and_then(|seen| seen.decoded.get(&profile.label)) {
            add(
                "reconstruction error, root mean square",
                format!("{:.4}", decoded.error()),
            );
        }
        facts
    }
}

fn features(profile: &ClusterProfile, shown: &Shown<'_>) -> Vec<(String, f64)> {
    let Some(names) = &shown.names else {
        return Vec::new();
    };
    let strongest = profile.strongest().into_iter().take(MOST_FEATURES);
    let bounded = |(column, effect): (usize, f64)| {
        (
            names[column].clone(),
            effect.clamp(-GREATEST_EFFECT, GREATEST_EFFECT),
        )
    };
    strongest
        .filter(|(_, effect)| *effect != 0.0)
        .map(bounded)
        .collect()
}

fn bounded(effects: &[f64]) -> Vec<f64> {
    effects
        .iter()
        .map(|effect| effect.clamp(-GREATEST_EFFECT, GREATEST_EFFECT))
        .collect()
}

/// The class that most rows of a cluster have, and its share.
fn mostly(table: &Contingency, cluster: i32) -> Option<(i32, f64)> {
    let place = table.clusters().iter().position(|&label| label == cluster)?;
    let cells = table.cells().iter().filter(|cell| cell.cluster == place);
    let most = cells.max_by(|a, b| a.count.cmp(&b.count).then(b.class.cmp(&a.class)))?;
    Some((
        table.classes()[most.class],
        most.count as f64 / table.cluster_sizes()[place] as f64,
    ))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

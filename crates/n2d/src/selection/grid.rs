//! What is varied: settings with several values each, and seeds.

use n2d_core::Stage;

use crate::{BuildError, PartChoice, PipelineConfig};

/// One setting with the values that it is to have, such as `umap.n_neighbors=10|20|30` or `encoder=dense|identity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    name: String,
    values: Vec<String>,
}

impl Axis {
    /// From text, `part.option=value|value` or `stage=name|name`.
    pub(super) fn parse(text: &str) -> Result<Self, BuildError> {
        let bad = |reason: &str| BuildError::BadSetting {
            setting: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (name, values) = text
            .split_once('=')
            .ok_or_else(|| bad("must have the form part.option=value|value or stage=name|name"))?;
        let values: Vec<String> = values.split('|').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(bad("has an empty value"));
        }
        if (1..values.len()).any(|at| values[..at].contains(&values[at])) {
            return Err(bad("has a value twice"));
        }
        Ok(Self {
            name: name.trim().to_owned(),
            values,
        })
    }

    /// Whether it chooses parts, which must be done before their options are set.
    fn stage(&self) -> Option<Stage> {
        [Stage::Encoder, Stage::Manifold, Stage::Clusterer]
            .into_iter()
            .find(|stage| stage.name() == self.name)
    }

    fn apply(&self, value: &str, config: &mut PipelineConfig) -> Result<(), BuildError> {
        match self.stage() {
            Some(stage) => {
                let part = config.part_mut(stage);
                if part.name != value {
                    *part = PartChoice::new(value);
                }
                Ok(())
            }
            None if self.name == "n_clusters" => {
                let n_clusters = value.parse().map_err(|_| BuildError::BadSetting {
                    setting: format!("n_clusters={value}"),
                    reason: "must be a whole number".to_owned(),
                })?;
                config.n_clusters = Some(n_clusters);
                Ok(())
            }
            None => config.set(&format!("{}={value}", self.name)),
        }
    }
}

/// One combination: what was set, and the configuration with it.
pub(super) type Point = (Vec<String>, PipelineConfig);

/// Every combination of the axes' values, those of the last axis the fastest. Parts are chosen first, so that the options of one part only
/// are for combinations that have it: a combination whose part lacks an option is left out where another has it.
pub(super) fn points(base: &PipelineConfig, axes: &[Axis]) -> Result<Vec<Point>, BuildError> {
    let mut axes: Vec<&Axis> = axes.iter().collect();
    axes.sort_by_key(|axis| axis.stage().is_none());
    let mut points = vec![(Vec::new(), base.clone())];
    for axis in axes {
        let (mut next, mut last_error, mut n_applied) = (Vec::new(), None, 0);
        for (settings, config) in &points {
            let mut made: Vec<Point> = Vec::new();
            for value in &axis.values {
                let mut config = config.clone();
                match axis.apply(value, &mut config) {
                    Ok(()) => {
                        let setting = format!("{}={value}", axis.name);
                        made.push(([settings.clone(), vec![setting]].concat(), config));
                    }
                    // The part is not in this combination: the option has no meaning here.
                    Err(error) => last_error = Some(error),
                }
            }
            n_applied += made.len();
            if made.is_empty() {
                made.push((settings.clone(), config.clone()));
            }
            next.extend(made);
        }
        if let Some(error) = last_error.filter(|_| n_applied == 0) {
            return Err(error);
        }
        points = next;
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(axes: &[&str]) -> Vec<String> {
        let axes: Vec<Axis> = axes.iter().map(|text| Axis::parse(text).unwrap()).collect();
        let points = points(&PipelineConfig::new(3), &axes).unwrap();
        points.iter().map(|(settings, _)| settings.join(" ")).collect()
    }

    #[test]
    fn every_combination_is_there_once() {
        assert_eq!(settings(&[]), [""]);
        assert_eq!(
            settings(&["umap.n_neighbors=10|20", "gmm.n_init=1|2"]),
            [
                "umap.n_neighbors=10 gmm.n_init=1",
                "umap.n_neighbors=10 gmm.n_init=2",
                "umap.n_neighbors=20 gmm.n_init=1",
                "umap.n_neighbors=20 gmm.n_init=2",
            ]
        );
    }

    #[test]
    fn options_are_for_the_parts_that_have_them() {
        assert_eq!(
            settings(&["dense.n_epochs=5|10", "encoder=dense|identity"]),
            [
                "encoder=dense dense.n_epochs=5",
                "encoder=dense dense.n_epochs=10",
                "encoder=identity",
            ]
        );
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text| Axis::parse(text).unwrap_err().to_string();
        assert!(error("umap").contains("must have the form"));
        assert!(error("umap.n_neighbors=10|").contains("empty value"));
        assert!(error("umap.n_neighbors=10|10").contains("twice"));
        let axes = [Axis::parse("umpa.n_neighbors=10|20").unwrap()];
        let error = points(&PipelineConfig::new(3), &axes).unwrap_err().to_string();
        assert!(error.contains("Did you mean umap?"), "{error}");
    }
}

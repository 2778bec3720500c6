//! What is varied: settings with several values each.

use std::collections::{BTreeMap, BTreeSet};

use n2d_core::Stage;

use super::{MOST_CANDIDATES, SelectionError};
use crate::{BuildError, PartChoice, PipelineConfig, Registry};

const STAGES: [Stage; 3] = [Stage::Encoder, Stage::Manifold, Stage::Clusterer];

/// One setting with the values that it is to have, such as `umap.n_neighbors=10|20|30` or `encoder=dense|identity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Axis {
    name: String,
    values: Vec<String>,
}

/// The first that stands there a second time.
pub(super) fn first_twice<T: Ord>(values: &[T]) -> Option<&T> {
    let mut seen = BTreeSet::new();
    values.iter().find(|&value| !seen.insert(value))
}

impl Axis {
    /// From text, `part.option=value|value` or `stage=name|name`.
    pub(super) fn parse(text: &str) -> Result<Self, BuildError> {
        let bad = |reason: &str| bad_setting(text, reason);
        let (name, values) = text
            .split_once('=')
            .ok_or_else(|| bad("must have the form part.option=value|value or stage=name|name"))?;
        let values: Vec<String> = values.split('|').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(bad("has an empty value"));
        }
        if let Some(value) = first_twice(&values) {
            return Err(bad(&format!("has the value {value} twice")));
        }
        Ok(Self {
            name: name.trim().to_owned(),
            values,
        })
    }

    /// One setting with one value, whatever that is made of: `part.option=value` or `stage=name`.
    fn parse_one(text: &str) -> Result<Self, BuildError> {
        match text.split_once('=') {
            Some((name, value)) if !value.trim().is_empty() => Ok(Self {
                name: name.trim().to_owned(),
                values: vec![value.trim().to_owned()],
            }),
            _ => Err(bad_setting(
                text,
                "must have the form part.option=value or stage=name",
            )),
        }
    }

    /// What it varies, as it was named.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it chooses parts, which must be done before their options are set.
    fn stage(&self) -> Option<Stage> {
        STAGES.into_iter().find(|stage| stage.name() == self.name)
    }

    /// Why a pipeline lacks what it varies; none where it has it.
    fn missing(
        &self,
        config: &PipelineConfig,
        registry: &Registry,
    ) -> Result<Option<BuildError>, BuildError> {
        if self.name == "n_clusters" && !registry.takes_clusters(&config.clusterer)? {
            let reason = format!(
                "the clusterer {} finds the number of clusters by itself",
                config.clusterer.name
            );
            return Ok(Some(bad_setting("n_clusters", &reason)));
        }
        if !self.name.contains('.') || self.name.starts_with("ensemble.") {
            return Ok(None);
        }
        let Some((stage, option)) = option_in(&self.name, config) else {
            // Refused in the words of every setting of a part that is not there.
            let setting = format!("{}={}", self.name, self.values[0]);
            return Ok(config.clone().set(&setting).err());
        };
        let part = &config.part(stage).name;
        let options = registry.defaults(stage, part)?;
        let has = options.contains_key(option);
        Ok((!has).then(|| BuildError::unknown_option(part, option, &options)))
    }

    fn apply(&self, value: &str, config: &mut PipelineConfig, registry: &Registry) -> Result<(), BuildError> {
        match self.stage() {
            Some(stage) => {
                // A name unknown would else show when it is built, or as a part that lacks the options varied.
                registry.defaults(stage, value)?;
                let part = config.part_mut(stage);
                if part.name != value {
                    *part = PartChoice::new(value);
                }
                Ok(())
            }
            None if self.name == "n_clusters" => {
                let n_clusters = value
                    .parse()
                    .map_err(|_| bad_setting(&format!("n_clusters={value}"), "must be a whole number"))?;
                config.n_clusters = Some(n_clusters);
                Ok(())
            }
            None => config.set(&format!("{}={value}", self.name)),
        }
    }

    /// What was set, and the configuration, with one value more.
    fn added(
        &self,
        value: &str,
        (settings, config): &Point,
        registry: &Registry,
    ) -> Result<Point, BuildError> {
        let mut config = config.clone();
        self.apply(value, &mut config, registry)?;
        Ok((
            [&settings[..], &[format!("{}={value}", self.name)]].concat(),
            config,
        ))
    }

    /// Each combination with each value, but as it is where its part lacks the option. A value that is refused is an error, and so is an
    /// option that none of them has.
    fn vary(
        &self,
        points: Vec<Point>,
        n_seeds: usize,
        registry: &Registry,
    ) -> Result<Vec<Point>, SelectionError> {
        let (mut varied, mut lacking) = (Vec::new(), Vec::new());
        let n_points = points.len();
        for (settings, config) in points {
            if let Some(error) = self.missing(&config, registry)? {
                lacking.push(error);
                varied.push((settings, config));
            } else {
                let point = (settings, config);
                for value in &self.values {
                    varied.push(self.added(value, &point, registry)?);
                    few_enough(varied.len(), n_seeds)?;
                }
            }
        }
        if lacking.len() == n_points {
            // A part that is there but has no such option tells more than one that is not there.
            lacking.sort_by_key(|error| !matches!(error, BuildError::UnknownOption { .. }));
            return Err(lacking.swap_remove(0).into());
        }
        Ok(varied)
    }
}

fn bad_setting(setting: &str, reason: &str) -> BuildError {
    BuildError::BadSetting {
        setting: setting.to_owned(),
        reason: reason.to_owned(),
    }
}

/// One combination: what was set, and the configuration with it.
pub(super) type Point = (Vec<String>, PipelineConfig);

/// The settings of one listed candidate, from text: `stage=name; part.option=value`. Parts come first.
pub(super) fn listed(text: &str) -> Result<Vec<Axis>, BuildError> {
    let settings = text.split(';').filter(|setting| !setting.trim().is_empty());
    let mut settings = settings.map(Axis::parse_one).collect::<Result<Vec<_>, _>>()?;
    settings.sort_by_key(|setting| setting.stage().is_none());
    Ok(settings)
}

/// Every listed candidate, or the base where none is, with every combination of the axes' values, those of the last axis the fastest. Parts are chosen
/// first, so that the options of one part only are for combinations that have it: where a combination lacks an option that another one has, it stands
/// once, without it.
pub(super) fn points(
    base: &PipelineConfig,
    list: &[Vec<Axis>],
    axes: &[Axis],
    n_seeds: usize,
    registry: &Registry,
) -> Result<Vec<Point>, SelectionError> {
    let mut axes: Vec<&Axis> = axes.iter().collect();
    axes.sort_by_key(|axis| axis.stage().is_none());
    few_enough(list.len().max(1), n_seeds)?;
    let itself = (Vec::new(), base.clone());
    let mut points = match list {
        [] => vec![itself],
        list => list
            .iter()
            .map(|settings| with_all(settings, &itself, registry))
            .collect::<Result<_, _>>()?,
    };
    for axis in &axes {
        points = axis.vary(points, n_seeds, registry)?;
    }
    for point in &points {
        each_option_once(point)?;
    }
    nothing_lost(base, &points)?;
    Ok(points)
}

/// With the settings of a listed candidate.
fn with_all(settings: &[Axis], base: &Point, registry: &Registry) -> Result<Point, BuildError> {
    settings.iter().try_fold(base.clone(), |point, setting| {
        match setting.missing(&point.1, registry)? {
            Some(error) => Err(error),
            None => setting.added(&setting.values[0], &point, registry),
        }
    })
}

/// Refuses options of a part that every combination has another one in the place of: they would be without effect.
fn nothing_lost(base: &PipelineConfig, points: &[Point]) -> Result<(), BuildError> {
    for stage in STAGES {
        let PartChoice { name, options } = base.part(stage);
        let is_there = |(_, config): &Point| config.part(stage).name == *name;
        if let Some(option) = options.keys().next()
            && !points.iter().any(is_there)
        {
            let reason = format!("no candidate has the {} {name}", stage.name());
            return Err(bad_setting(&format!("{name}.{option}"), &reason));
        }
    }
    Ok(())
}

/// Refuses what would take unforeseeably long before it fills the memory.
fn few_enough(combinations: usize, n_seeds: usize) -> Result<(), SelectionError> {
    if combinations.saturating_mul(n_seeds) > MOST_CANDIDATES {
        return Err(SelectionError::TooManyCandidates {
            combinations,
            n_seeds,
            most: MOST_CANDIDATES,
        });
    }
    Ok(())
}

/// `umap.n_neighbors` and `manifold.n_neighbors` are one option: of two values for it the second would undo the first.
fn each_option_once((settings, config): &Point) -> Result<(), BuildError> {
    let mut known: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for setting in settings {
        let name = setting.split_once('=').map_or(&**setting, |(name, _)| name);
        let (part, option) = match option_in(name, config) {
            Some((stage, option)) => (stage.name(), option),
            None => ("", name),
        };
        if let Some(other) = known.insert((part, option), name) {
            let reason = format!("is varied already, as {other}");
            return Err(bad_setting(name, &reason));
        }
    }
    Ok(())
}

/// The option that a setting of this name is of, in a pipeline which has its part; none for what every pipeline has: stages, the number of clusters, the
/// ensemble.
fn option_in<'n>(name: &'n str, config: &PipelineConfig) -> Option<(Stage, &'n str)> {
    let (part, option) = name.split_once('.').filter(|(part, _)| *part != "ensemble")?;
    let named = |stage: &Stage| stage.name() == part || config.part(*stage).name == part;
    Some((STAGES.into_iter().find(named)?, option))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn varied(axes: &[&str], n_seeds: usize) -> Result<Vec<Point>, SelectionError> {
        let axes: Vec<Axis> = axes.iter().map(|text| Axis::parse(text).unwrap()).collect();
        points(&PipelineConfig::new(3), &[], &axes, n_seeds, &Registry::default())
    }

    fn settings(axes: &[&str]) -> Vec<String> {
        let points = varied(axes, 1).unwrap();
        points.iter().map(|(settings, _)| settings.join(" ")).collect()
    }

    fn refused(axes: &[&str]) -> String {
        varied(axes, 1).unwrap_err().to_string()
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
        let of_dense = [
            "encoder=dense dense.n_epochs=5",
            "encoder=dense dense.n_epochs=10",
            "encoder=identity",
        ];
        assert_eq!(
            settings(&["dense.n_epochs=5|10", "encoder=dense|identity"]),
            of_dense
        );
        assert_eq!(
            settings(&["encoder.n_epochs=5|10", "encoder=dense|identity"]),
            of_dense.map(|settings| settings.replace("dense.", "encoder."))
        );
    }

    #[test]
    fn candidates_may_be_listed() {
        let list = |texts: &[&str], axes: &[&str]| {
            let list: Vec<Vec<Axis>> = texts.iter().map(|text| listed(text).unwrap()).collect();
            let axes: Vec<Axis> = axes.iter().map(|text| Axis::parse(text).unwrap()).collect();
            points(&PipelineConfig::new(3), &list, &axes, 1, &Registry::default())
        };
        let settings = |texts: &[&str], axes: &[&str]| -> Vec<String> {
            list(texts, axes)
                .unwrap()
                .iter()
                .map(|(settings, _)| settings.join(" "))
                .collect()
        };
        assert_eq!(
            settings(
                &["dense.n_epochs=5; encoder=dense", "encoder=pca"],
                &["dense.hidden=[8]|[16, 16]"]
            ),
            [
                "encoder=dense dense.n_epochs=5 dense.hidden=[8]",
                "encoder=dense dense.n_epochs=5 dense.hidden=[16, 16]",
                "encoder=pca",
            ]
        );
        let refused = |texts: &[&str], axes: &[&str]| list(texts, axes).unwrap_err().to_string();
        assert!(refused(&["encoder=pca; dense.n_epochs=5"], &[]).contains("dense"));
        assert!(refused(&["umap.n_neighbors=5"], &["manifold.n_neighbors=6|7"]).contains("varied already"));
        assert!(refused(&["n_clusters=5; n_clusters=6"], &[]).contains("varied already"));
        assert!(
            listed("umap")
                .unwrap_err()
                .to_string()
                .contains("must have the form")
        );
    }

    #[test]
    fn options_that_no_candidate_has_are_refused() {
        let mut base = PipelineConfig::new(3);
        base.set("dense.n_epochs=5").unwrap();
        let axes = |text| [Axis::parse(text).unwrap()];
        let points = |axes: &[Axis]| points(&base, &[], axes, 1, &Registry::default());
        assert_eq!(
            points(&axes("encoder=pca|identity")).unwrap_err().to_string(),
            "dense.n_epochs: no candidate has the encoder dense"
        );
        assert!(points(&axes("encoder=pca|dense")).is_ok());
    }

    #[test]
    fn mistakes_are_named() {
        let error = |text| Axis::parse(text).unwrap_err().to_string();
        assert!(error("umap").contains("must have the form"));
        assert!(error("umap.n_neighbors=10|").contains("empty value"));
        assert!(error("umap.n_neighbors=10|10").contains("value 10 twice"));
        assert!(refused(&["umpa.n_neighbors=10|20"]).contains("Did you mean umap?"));
        assert!(refused(&["n_neighbors=10|20"]).contains("must have the form"));
        let unknown = refused(&["encoder=identity|dense", "dense.n_epoch=5|10"]);
        assert!(unknown.contains("Did you mean n_epochs?"), "{unknown}");
        let unknown = refused(&["encoder=dnse|dense", "dense.n_epochs=5|10"]);
        assert!(unknown.contains("Did you mean dense?"), "{unknown}");
    }

    #[test]
    fn a_wrong_value_beside_a_right_one_is_refused() {
        assert_eq!(
            refused(&["n_clusters=3|x"]),
            "n_clusters=x: must be a whole number"
        );
        let consensus = refused(&["ensemble.consensus=graph|vote"]);
        assert!(consensus.contains("`votes`"), "{consensus}");
        let members = refused(&["ensemble.n_members=1|two"]);
        assert!(members.starts_with("ensemble.n_members=two: "), "{members}");
        let members = refused(&["ensemble.n_member=1|2"]);
        assert!(members.contains("unknown field"), "{members}");
    }

    #[test]
    fn an_option_is_varied_once_under_any_name() {
        assert_eq!(
            refused(&["umap.n_neighbors=10|20", "manifold.n_neighbors=10|30"]),
            "manifold.n_neighbors: is varied already, as umap.n_neighbors"
        );
        let apart = [
            "manifold=umap|isomap",
            "umap.n_neighbors=5|6",
            "isomap.n_neighbors=7|8",
        ];
        assert_eq!(settings(&apart).len(), 4);
    }

    #[test]
    fn candidates_are_counted_before_they_are_made() {
        assert!(varied(&["n_clusters=2|3"], MOST_CANDIDATES / 2).is_ok());
        let many: Vec<String> = (1..=200).map(|value| value.to_string()).collect();
        let many = many.join("|");
        let axes = [format!("n_clusters={many}"), format!("gmm.n_init={many}")];
        assert_eq!(
            varied(&[&axes[0], &axes[1]], 3).unwrap_err().to_string(),
            "at most 10000 candidates can be compared, but there are 3334 combinations of settings or more, each from 3 seeds"
        );
        assert!(varied(&[], MOST_CANDIDATES + 1).is_err());
    }
}

//! Fitted parts that are kept, each with the options it was fitted with and what that took.

use std::path::{Path, PathBuf};

use n2d::Fit;
use n2d::persist::{self, Persist, Save, SaveError, State};
use serde::Serialize;

use crate::Fallible;

/// The folder of one data set and seed.
pub(crate) struct Cache(PathBuf);

/// A fitted part and the seconds that its fit took.
pub(crate) struct Cached<P> {
    pub(crate) part: P,
    pub(crate) seconds: f64,
    /// As JSON.
    pub(crate) options: String,
}

impl<P: Save> Save for Cached<P> {
    fn kind(&self) -> &str {
        "cached"
    }

    fn save_into(&self, state: &mut State) -> Result<(), SaveError> {
        state.set("seconds", &self.seconds);
        state.set("options", &self.options);
        state.put_part("part", &self.part)
    }
}

impl Cache {
    pub(crate) fn new(folder: &Path, set: &str, seed: u64) -> Self {
        Self(folder.join(format!("{set}-{seed}")))
    }

    /// The part of this name, from the file if it is there and was fitted with these options; else it is fitted and kept.
    ///
    /// A file that can't be read, such as one of another version, is made anew. What a manifold learner chooses by its rows is not among the options: when such a
    /// default changes, the folder is to be deleted.
    pub(crate) fn get<P: Persist>(
        &self,
        name: &str,
        options: &impl Serialize,
        fit: impl FnOnce() -> Fallible<Fit<P>>,
    ) -> Fallible<Cached<P>> {
        let options = serde_json::to_string(options)?;
        let path = self.0.join(format!("{name}.n2d"));
        if let Some(kept) = Self::read(&path).filter(|kept: &Cached<P>| kept.options == options) {
            return Ok(kept);
        }
        let Fit { model, report } = fit()?;
        let made = Cached {
            part: model,
            seconds: report.seconds,
            options,
        };
        std::fs::create_dir_all(&self.0)?;
        persist::write_file(&path, &made)?;
        Ok(made)
    }

    fn read<P: Persist>(path: &Path) -> Option<Cached<P>> {
        let state = persist::read_file(path).ok()?;
        Some(Cached {
            part: state.part("part").ok()?.load().ok()?,
            seconds: state.get("seconds").ok()?,
            options: state.get("options").ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d::cluster::FittedKMeans;
    use n2d::prelude::*;

    #[test]
    fn a_part_is_fitted_once_for_its_options() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "some", 0);
        let mut fits = 0;
        let mut get = |n_init: usize| {
            let config = KMeansConfig {
                n_init,
                ..KMeansConfig::new(2)
            };
            let x = Samples::from_rows(&[0.0, 0.1, 5.0, 5.1], 1).unwrap();
            let cached: Cached<FittedKMeans> = cache
                .get("kmeans", &config, || {
                    fits += 1;
                    Ok(config.build()?.fit(x, &mut FitContext::new(0))?)
                })
                .unwrap();
            assert_eq!(cached.part.labels().n_clusters(), 2);
            fits
        };
        assert_eq!([get(1), get(1), get(2), get(2), get(1)], [1, 1, 2, 2, 3]);
        std::fs::write(folder.path().join("some-0/kmeans.n2d"), "damaged").unwrap();
        assert_eq!([get(1), get(1)], [4, 4]);
    }
}

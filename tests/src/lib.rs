//! What the tests of the whole pipeline share, and what must not compile.
//!
//! A clusterer without `predict` in a static pipeline leaves the pipeline without it:
//!
//! ```compile_fail,E0599
//! use n2d::prelude::*;
//!
//! fn label(fitted: &n2d::FittedN2d<Box<dyn FittedEncoder>, n2d::manifold::FittedUmap, n2d_tests::FittedHalves>, x: Samples<'_>) {
//!     let _ = fitted.predict(x);
//! }
//! ```
//!
//! while what all parts can do is there:
//!
//! ```
//! use n2d::prelude::*;
//!
//! fn place(fitted: &n2d::FittedN2d<Box<dyn FittedEncoder>, n2d::manifold::FittedUmap, n2d_tests::FittedHalves>, x: Samples<'_>) {
//!     let _ = fitted.transform(x);
//! }
//! ```

pub mod browser;
pub mod golden;

use n2d::prelude::*;
use n2d::{FitError, Report, Stage, Termination};
use ndarray::{Array2, s};

/// The README's code, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The code of docs/, which must compile and run.
#[cfg(doctest)]
pub mod docs {
    #![doc = include_str!("../../docs/getting-started.md")]
    #![doc = include_str!("../../docs/how-it-works.md")]
    #![doc = include_str!("../../docs/extending.md")]
    #![doc = include_str!("../../docs/manifold-learning.md")]
    #![doc = include_str!("../../docs/faq.md")]
}

/// The first rows of pendigits with their classes.
///
/// # Panics
/// Where pendigits is not compiled in.
pub fn pendigits(n: usize) -> (Array2<f32>, Labels) {
    let data = BuiltIn::Pendigits.load(&DataDirs::none()).expect("compiled in");
    let classes = data.labels.expect("has labels").into_vec();
    (
        data.x.slice(s![..n, ..]).to_owned(),
        Labels::new(classes[..n].to_vec()).expect("are classes"),
    )
}

/// A network small enough for tests.
pub fn small_encoder() -> DenseAutoencoderConfig {
    DenseAutoencoderConfig {
        hidden: vec![32, 16],
        n_epochs: Some(4),
        ..DenseAutoencoderConfig::new(5)
    }
}

/// The paper's later stages, short.
pub fn small_preset(n_clusters: usize) -> UmapGmm {
    let mut preset = UmapGmm::new(n_clusters);
    preset.umap.n_epochs = Some(50);
    preset
}

/// A clusterer that can label its training rows and nothing else: it halves them by their first component.
pub struct Halves;

/// A fitted [`Halves`].
#[derive(Debug)]
pub struct FittedHalves {
    n_features: usize,
    labels: Labels,
}

impl Clusterer for Halves {
    type Fitted = FittedHalves;

    fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedHalves>, FitError> {
        ctx.run_stage(Stage::Clusterer, "halves", |_| {
            let mut firsts: Vec<f32> = y.rows().map(|row| row[0]).collect();
            let firsts_in_order = firsts.clone();
            firsts.sort_by(f32::total_cmp);
            let median = firsts[firsts.len() / 2];
            let labels = firsts_in_order
                .iter()
                .map(|&first| i32::from(first >= median))
                .collect();
            let labels = Labels::new(labels).map_err(|source| FitError::Data {
                part: "halves".into(),
                source,
            })?;
            let model = FittedHalves {
                n_features: y.n_features(),
                labels,
            };
            Ok(Fit {
                model,
                report: Report::new("halves", Termination::ClosedForm),
            })
        })
    }
}

impl FittedClusterer for FittedHalves {
    fn name(&self) -> &str {
        "halves"
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    fn n_clusters(&self) -> usize {
        2
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }
}

//! Conformance suites for the parts of n2d: whoever writes an encoder, a manifold learner or a clusterer runs one in a test.
//!
//! A [`Suite`] fits the part to ordinary and awkward rows ([`data_sets`]) and runs every [`Check`]: that results are sound, equal for
//! equal seeds, for any number of threads and however new rows are batched; that the boxed part answers as the part itself; that
//! rows of another width are refused; that observers hear of every step, and cancelling ends the fit before the next; that the
//! configuration comes back from JSON and the fitted part from its file, and that no hostile file makes it panic.
//! What a part can't do is declared with a reason, and it is checked that it is so.
//!
//! [`hostile_states`] and [`mutated_files`] make what the last checks are about, for tests and fuzzing of anything that reads models.
//!
//! The suites take about a second for each part, and more for parts whose fits take long: give them few epochs.
//!
//! # An encoder, a manifold learner and a clusterer of one's own
//!
//! ```
//! use n2d_core::check::{Options, enough_samples, same_features};
//! use n2d_core::persist::{LoadError, Persist, Save, State};
//! use n2d_core::*;
//! use n2d_testkit::Suite;
//! use ndarray::{Array2, ArrayView2};
//! use serde::{Deserialize, Serialize};
//!
//! /// An encoder: every value times a factor.
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
//! #[serde(default, deny_unknown_fields)]
//! struct ScaleConfig {
//!     factor: f32,
//! }
//!
//! impl Default for ScaleConfig {
//!     fn default() -> Self {
//!         Self { factor: 0.5 }
//!     }
//! }
//!
//! impl PartConfig for ScaleConfig {
//!     const NAME: &'static str = "scale";
//!     type Part = Scale;
//!     fn build(&self) -> Result<Scale, ConfigError> {
//!         Options::of(Self::NAME).between("factor", self.factor.into(), 0.0, 1.0)?;
//!         Ok(Scale(self.factor))
//!     }
//! }
//!
//! struct Scale(f32);
//! struct FittedScale { factor: f32, n_features: usize }
//!
//! impl Encoder for Scale {
//!     type Fitted = FittedScale;
//!     fn fit(&self, x: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedScale>, FitError> {
//!         ctx.run_stage(Stage::Encoder, ScaleConfig::NAME, |_| {
//!             let model = FittedScale { factor: self.0, n_features: x.n_features() };
//!             Ok(Fit { model, report: Report::new(ScaleConfig::NAME, Termination::ClosedForm) })
//!         })
//!     }
//! }
//!
//! impl FittedEncoder for FittedScale {
//!     fn name(&self) -> &str { ScaleConfig::NAME }
//!     fn n_features(&self) -> usize { self.n_features }
//!     fn latent_dim(&self) -> usize { self.n_features }
//!     fn encode(&self, x: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
//!         same_features(self.name(), self.n_features, x)?;
//!         Ok(x.view().mapv(|value| value * self.factor))
//!     }
//!     fn as_save(&self) -> Option<&dyn Save> { Some(self) }
//! }
//!
//! impl Persist for FittedScale {
//!     const KIND: &'static str = ScaleConfig::NAME;
//!     fn save(&self, state: &mut State) {
//!         state.set("factor", &self.factor);
//!         state.set("n_features", &self.n_features);
//!     }
//!     fn load(state: &State) -> Result<Self, LoadError> {
//!         let (factor, n_features) = (state.get("factor")?, state.get("n_features")?);
//!         state.expect("factor", "between 0 and 1", (0.0..=1.0).contains(&factor))?;
//!         state.expect("n_features", "at least 1", n_features > 0)?;
//!         Ok(Self { factor, n_features })
//!     }
//! }
//!
//! /// A manifold learner: the first column alone.
//! struct First;
//! struct FittedFirst { embedding: Array2<f32>, n_features: usize }
//!
//! fn first(z: Samples<'_>) -> Array2<f32> {
//!     Array2::from_shape_fn((z.n_samples(), 1), |(row, _)| z.view()[[row, 0]])
//! }
//!
//! impl Manifold for First {
//!     type Fitted = FittedFirst;
//!     fn fit(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedFirst>, FitError> {
//!         ctx.run_stage(Stage::Manifold, "first", |_| {
//!             let model = FittedFirst { embedding: first(z), n_features: z.n_features() };
//!             Ok(Fit { model, report: Report::new("first", Termination::ClosedForm) })
//!         })
//!     }
//! }
//!
//! impl FittedManifold for FittedFirst {
//!     fn name(&self) -> &str { "first" }
//!     fn n_features(&self) -> usize { self.n_features }
//!     fn embedding(&self) -> ArrayView2<'_, f32> { self.embedding.view() }
//!     fn as_transform(&self) -> Option<&dyn Transform> { Some(self) }
//! }
//!
//! impl Transform for FittedFirst {
//!     fn transform(&self, z: Samples<'_>) -> Result<Array2<f32>, ApplyError> {
//!         same_features(self.name(), self.n_features, z)?;
//!         Ok(first(z))
//!     }
//! }
//!
//! /// A clusterer: rows above and below the first column's mean. It wants two rows.
//! struct Halves;
//! struct FittedHalves { mean: f64, n_features: usize, labels: Labels }
//!
//! impl FittedHalves {
//!     fn label(mean: f64, y: Samples<'_>) -> Labels {
//!         let above = y.rows().map(|row| i32::from(f64::from(row[0]) > mean));
//!         Labels::new(above.collect()).expect("0 or 1")
//!     }
//! }
//!
//! impl Clusterer for Halves {
//!     type Fitted = FittedHalves;
//!     fn fit(&self, y: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedHalves>, FitError> {
//!         ctx.run_stage(Stage::Clusterer, "halves", |ctx| {
//!             enough_samples("halves", "two halves", 2, y)?;
//!             let mut sum = 0.0;
//!             for (at, row) in y.rows().enumerate() {
//!                 sum += f64::from(row[0]);
//!                 ctx.step(Progress::new("summing", at + 1, y.n_samples()))?;
//!             }
//!             let mean = sum / y.n_samples() as f64;
//!             let labels = FittedHalves::label(mean, y);
//!             let model = FittedHalves { mean, n_features: y.n_features(), labels };
//!             Ok(Fit { model, report: Report::new("halves", Termination::ClosedForm) })
//!         })
//!     }
//! }
//!
//! impl FittedClusterer for FittedHalves {
//!     fn name(&self) -> &str { "halves" }
//!     fn n_features(&self) -> usize { self.n_features }
//!     fn n_clusters(&self) -> usize { 2 }
//!     fn labels(&self) -> &Labels { &self.labels }
//!     fn as_predict(&self) -> Option<&dyn Predict> { Some(self) }
//! }
//!
//! impl Predict for FittedHalves {
//!     fn predict(&self, y: Samples<'_>) -> Result<Labels, ApplyError> {
//!         same_features(self.name(), self.n_features, y)?;
//!         Ok(Self::label(self.mean, y))
//!     }
//! }
//!
//! let config = ScaleConfig::default();
//! Suite::encoder(config.build()?).with_config(config).saves().run();
//! Suite::manifold(First).transforms().run();
//! let summary = Suite::clusterer(Halves).predicts().allow("one sample", "there are two halves").run();
//! assert_eq!(summary.left_out.len(), 3);
//! # Ok::<(), ConfigError>(())
//! ```

mod check;
mod checks;
mod data;
mod files;
mod fitted;
mod hostile;
mod subject;
mod suite;
mod tensor;

pub use check::Check;
pub use data::{DataSet, data_sets};
pub use files::{MutatedFile, mutated_files};
pub use hostile::{HostileState, hostile_states};
pub use suite::{Suite, Summary, check_clusterer, check_encoder, check_manifold};

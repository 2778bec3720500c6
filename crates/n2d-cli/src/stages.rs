//! The run, stage by stage, so that what a stage has made is written as soon as it is there.

use n2d::encoder::error::OutOfRange;
use n2d::{
    DynFittedN2d, DynN2d, Encoder, Fit, FitContext, FitError, FittedEncoder, FittedManifold, FittedN2d,
    Manifold, Report, Samples,
};
use ndarray::{Array2, ArrayView2};

use crate::errors::CliError;
use crate::interrupt::{Interrupt, Kept};
use crate::label_table::LabelTable;
use crate::output::Output;

/// The files asked for.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    pub(crate) labels: Option<Output>,
    pub(crate) embedding: Option<Output>,
    pub(crate) latent: Option<Output>,
    pub(crate) model: Option<Output>,
    pub(crate) plot: Option<Output>,
    pub(crate) checkpoint: Option<Output>,
    pub(crate) report: Option<Output>,
}

/// What a run has come to.
pub(crate) struct Outcome {
    pub(crate) fitted: DynFittedN2d,
    /// Of the encoder, the manifold learner and the clusterer.
    pub(crate) reports: Vec<Report>,
}

/// A pipeline and what it is to run on.
pub(crate) struct Run<'a> {
    pub(crate) pipeline: &'a DynN2d,
    /// Their names: encoder, manifold learner, clusterer.
    pub(crate) parts: [&'a str; 3],
    /// Clusters that the clusterer was told to find; none where it finds their number by itself.
    pub(crate) n_clusters: Option<usize>,
    pub(crate) x: Samples<'a>,
    pub(crate) outputs: &'a Outputs,
    pub(crate) interrupt: &'a Interrupt,
}

/// A failed fit, with advice where the scaling of the data may have to do with it.
fn of_fit(error: &FitError) -> CliError {
    let said = CliError::from_error(error);
    match error {
        FitError::Part { source, .. } if source.is::<OutOfRange>() => said.or_hint(
            "values are as --scale leaves them: minmax takes all to 0 to 1, none leaves them as they are"
                .to_owned(),
        ),
        _ => said,
    }
}

type FittedEncoderBox = Box<dyn FittedEncoder>;
type FittedManifoldBox = Box<dyn FittedManifold>;

impl Run<'_> {
    /// Fits all stages. The result is that of [`n2d::N2d::fit`], bit for bit.
    ///
    /// # Errors
    /// What the stages say, and an interruption, with what is kept.
    pub(crate) fn fit(&self, ctx: &mut FitContext<'_>) -> Result<Outcome, CliError> {
        self.fit_stages(ctx).map_err(|error| match error {
            StageError::Fit(FitError::Cancelled { .. }) => self.interrupt.interrupted(),
            StageError::Fit(error) => self.interrupt.failed(of_fit(&error)),
            StageError::Write(error) => self.interrupt.failed(error),
        })
    }

    fn fit_stages(&self, ctx: &mut FitContext<'_>) -> Result<Outcome, StageError> {
        let (encoder, latents) = self.encode(ctx)?;
        let z = Samples::new(latents.view()).map_err(|source| FitError::Data {
            part: self.parts[0].to_owned(),
            source,
        })?;
        let manifold = self.embed(z, ctx)?;
        self.cluster(encoder, manifold, ctx)
    }

    /// The encoder and the latents.
    fn encode(&self, ctx: &mut FitContext<'_>) -> Result<(Fit<FittedEncoderBox>, Array2<f32>), StageError> {
        self.interrupt.doing(format!("the encoder ({})", self.parts[0]));
        let encoder = self.pipeline.encoder().fit(self.x, ctx)?;
        let encode = || encoder.model.encode(self.x).map_err(FitError::from);
        let latents = ctx.parallelism().install(encode)?;
        if let Some(output) = &self.outputs.latent {
            let go_on = self.go_on(output, "--encoder identity", ctx);
            self.keep_array(output, "latents", latents.view(), go_on)?;
        }
        Ok((encoder, latents))
    }

    fn embed(&self, z: Samples<'_>, ctx: &mut FitContext<'_>) -> Result<Fit<FittedManifoldBox>, StageError> {
        self.interrupt
            .doing(format!("the manifold learner ({})", self.parts[1]));
        let manifold = self.pipeline.manifold_clusterer().manifold().fit(z, ctx)?;
        if let Some(output) = &self.outputs.embedding {
            let go_on = self.go_on(output, "--encoder identity --manifold identity", ctx);
            self.keep_array(output, "embedding", manifold.model.embedding(), go_on)?;
        }
        Ok(manifold)
    }

    fn cluster(
        &self,
        encoder: Fit<FittedEncoderBox>,
        manifold: Fit<FittedManifoldBox>,
        ctx: &mut FitContext<'_>,
    ) -> Result<Outcome, StageError> {
        self.interrupt.doing(format!("the clusterer ({})", self.parts[2]));
        let Fit { model, report } = self.pipeline.manifold_clusterer().fit_embedded(manifold, ctx)?;
        let mut reports = vec![encoder.report];
        reports.extend(report.parts);
        let fitted = FittedN2d::from_fitted(encoder.model, model);
        write_labels(&fitted, self.outputs, self.interrupt)?;
        Ok(Outcome { fitted, reports })
    }

    fn keep_array(
        &self,
        output: &Output,
        what: &str,
        rows: ArrayView2<'_, f32>,
        go_on: String,
    ) -> Result<(), CliError> {
        let (n_rows, n_columns) = rows.dim();
        let what = format!("{what}, {n_rows} x {n_columns}");
        let kept = Kept::new(output.path(), what).with_hint(go_on);
        self.interrupt.keep(kept, || output.write_npy(rows))
    }

    /// How to go on from what is kept.
    fn go_on(&self, output: &Output, parts: &str, ctx: &FitContext<'_>) -> String {
        let (file, seed) = (output.path().display(), ctx.seed());
        let clusterer = match self.parts[2] {
            "gmm" => String::new(),
            other => format!(" --clusterer {other}"),
        };
        let clusters = match self.n_clusters {
            Some(n_clusters) => format!(" --clusters {n_clusters}"),
            None => String::new(),
        };
        format!("go on from there with: n2d fit {file} {parts}{clusterer}{clusters} --seed {seed}")
    }
}

/// Writes the labels, where they are asked for.
pub(crate) fn write_labels(
    fitted: &DynFittedN2d,
    outputs: &Outputs,
    interrupt: &Interrupt,
) -> Result<(), CliError> {
    let Some(output) = &outputs.labels else {
        return Ok(());
    };
    let table = LabelTable::of_fit(fitted)?;
    let kept = Kept::new(output.path(), table.meaning());
    interrupt.keep(kept, || output.write_labels(&table))
}

enum StageError {
    Fit(FitError),
    Write(CliError),
}

impl From<FitError> for StageError {
    fn from(error: FitError) -> Self {
        Self::Fit(error)
    }
}

impl From<CliError> for StageError {
    fn from(error: CliError) -> Self {
        Self::Write(error)
    }
}

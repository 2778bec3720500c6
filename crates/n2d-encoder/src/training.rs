//! The training loop: batches, steps, reports and reasons to end.

use n2d_core::{Control, FitContext, FitError, PartConfig, Progress, Report, Samples, Termination};

use crate::engine::Steps;
use crate::epochs::{self, Best, Patience, RunningLoss};
use crate::optimizer::Optimization;
use crate::{DenseAutoencoderConfig, DenseNetwork};

const PART: &str = DenseAutoencoderConfig::NAME;

/// How long, and in which pieces.
pub(crate) struct Schedule {
    pub(crate) batch_size: usize,
    pub(crate) n_epochs: usize,
    pub(crate) patience: Option<usize>,
}

/// A network in training on the rows of `x`.
pub(crate) struct Training<'a> {
    x: Samples<'a>,
    schedule: Schedule,
    engine: Box<dyn Steps>,
    network: DenseNetwork,
    optimization: Optimization,
    patience: Option<Patience>,
    /// The loss of every whole epoch.
    history: Vec<f64>,
    /// The loss of the last epoch, though it was cut short.
    loss: f64,
    notes: Vec<String>,
}

/// How an epoch ended.
struct Epoch {
    number: usize,
    loss: f64,
    n_batches: usize,
    control: Control,
}

impl<'a> Training<'a> {
    pub(crate) fn new(
        x: Samples<'a>,
        schedule: Schedule,
        engine: Box<dyn Steps>,
        network: DenseNetwork,
        optimization: Optimization,
    ) -> Self {
        Self {
            x,
            patience: schedule.patience.map(Patience::new),
            schedule,
            engine,
            network,
            optimization,
            history: Vec::new(),
            loss: f64::NAN,
            notes: Vec::new(),
        }
    }

    /// Trains to the end, whatever brings it about.
    pub(crate) fn run(mut self, ctx: &mut FitContext<'_>) -> Result<(DenseNetwork, Report), FitError> {
        for number in 1..=self.schedule.n_epochs {
            let epoch = self.epoch(number, ctx)?;
            if let Some(termination) = self.ended(&epoch) {
                return self.finish(termination);
            }
        }
        self.finish(Termination::Completed)
    }

    /// Takes note of an epoch; says why it was the last one, if it was.
    fn ended(&mut self, epoch: &Epoch) -> Option<Termination> {
        let (number, made, all) = (epoch.number, epoch.n_batches, self.n_batches());
        self.loss = epoch.loss;
        if made < all {
            let note = format!("stopped in epoch {number} after {made} of {all} batches");
            self.notes.push(note);
            return Some(Termination::Stopped);
        }
        self.history.push(epoch.loss);
        let patience_is_over = match &mut self.patience {
            Some(patience) => patience.is_over(number, epoch.loss, &self.network),
            None => false,
        };
        match epoch.control {
            _ if number == self.schedule.n_epochs => Some(Termination::Completed),
            _ if patience_is_over => Some(Termination::EarlyStopping),
            Control::Stop => Some(Termination::Stopped),
            Control::Continue => None,
        }
    }

    fn n_batches(&self) -> usize {
        self.x.n_samples().div_ceil(self.schedule.batch_size)
    }

    fn epoch(&mut self, number: usize, ctx: &mut FitContext<'_>) -> Result<Epoch, FitError> {
        let chunk = number as u64 - 1;
        let order = epochs::order(self.x.n_samples(), &mut ctx.rng("encoder shuffle", chunk));
        let mut loss = RunningLoss::default();
        let (mut n_batches, mut control) = (0, Control::Continue);
        for rows in order.chunks(self.schedule.batch_size) {
            loss.add(self.batch(rows, number)?, rows.len());
            n_batches += 1;
            control = ctx.step(self.progress(number, n_batches, loss.mean()))?;
            if control == Control::Stop {
                break;
            }
        }
        Ok(Epoch {
            number,
            loss: loss.mean(),
            n_batches,
            control,
        })
    }

    fn progress(&self, epoch: usize, batch: usize, loss: f64) -> Progress {
        let n_batches = self.n_batches();
        let done = (epoch - 1).saturating_mul(n_batches).saturating_add(batch);
        let total = self.schedule.n_epochs.saturating_mul(n_batches);
        let name = if batch == n_batches {
            "loss"
        } else {
            "running loss"
        };
        Progress::new("training", done, total).with_metric(name, loss)
    }

    fn batch(&mut self, rows: &[usize], epoch: usize) -> Result<f64, FitError> {
        let failed = |source| FitError::Part {
            part: PART.to_owned(),
            source,
        };
        let step = self
            .engine
            .step(&mut self.network, &mut self.optimization, self.x, rows);
        let loss = step.map_err(failed)?;
        if loss.is_finite() {
            Ok(loss)
        } else {
            Err(diverged("loss", loss, epoch))
        }
    }

    fn finish(self, termination: Termination) -> Result<(DenseNetwork, Report), FitError> {
        let (n_epochs, mut notes) = (self.history.len(), self.notes);
        let (network, loss) = match self.patience.and_then(Patience::into_best) {
            Some(Best { epoch, loss, network }) => {
                notes.push(format!(
                    "the weights are those of epoch {epoch}, whose loss was the lowest"
                ));
                (network, loss)
            }
            None => (self.network, self.loss),
        };
        if !network.is_finite() {
            return Err(diverged("weights", f64::NAN, n_epochs.max(1)));
        }
        let mut report = Report::new(PART, termination)
            .with_n_iter(n_epochs)
            .with_objective("loss", loss)
            .with_history(self.history);
        report.notes = notes;
        Ok((network, report))
    }
}

fn diverged(objective: &'static str, value: f64, epoch: usize) -> FitError {
    FitError::Diverged {
        part: PART.to_owned(),
        objective,
        value,
        unit: "epoch",
        step: epoch as u64,
        advice: "lower learning_rate, or scale the data to values of about -1 to 1",
    }
}

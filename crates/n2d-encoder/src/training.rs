//! The training loop: batches, steps, reports and reasons to end. The same for every network and engine.

mod checkpoints;
mod rows;

use n2d_core::{BoxError, Control, FitContext, FitError, Progress, Report, Samples, Termination};
use serde_json::Value;

use crate::Loss;
use crate::checkpoint::Place;
use crate::epochs::{self, Best, Patience, RunningLoss};
use crate::learner::{Batch, Learner};
use crate::own_transform::OwnTransform;
use crate::plan::Plan;
use crate::supervised::Lesson;
use crate::transform::{Draw, in_unit_interval};
use crate::weights;
use checkpoints::Written;
use rows::{loss_of_zero, split, taught};

/// What helps against steps that are too long.
pub(crate) const ADVICE: &str = "lower learning_rate, or scale the data to values of about -1 to 1";

/// How many times the first loss, and the mean square of the data, a loss must be to be as good as infinite.
const BEYOND: f64 = 1e6;

/// A network in training on the rows of `x`.
pub(crate) struct Training<'x, 'a> {
    plan: &'a Plan,
    x: Samples<'x>,
    own: Option<&'a OwnTransform>,
    labels: Option<&'a [i32]>,
    learner: &'a mut dyn Learner,
    n_epochs: usize,
    /// Rows that are trained on, and rows held out.
    rows: Vec<usize>,
    held_out: Vec<usize>,
    place: Place,
    patience: Option<Patience>,
    notes: Vec<String>,
    checkpoints: Option<Written>,
    /// For the numbers drawn in batches.
    seed: u64,
}

impl<'x, 'a> Training<'x, 'a> {
    /// Of the network in `learner`, which learns the labels of `lesson` if there is one; `options` are the network's own, by name, for checkpoints and files of
    /// weights.
    pub(crate) fn new(
        plan: &'a Plan,
        x: Samples<'x>,
        learner: &'a mut dyn Learner,
        own: Option<&'a OwnTransform>,
        lesson: Option<&'a Lesson<'a>>,
        options: &Value,
        ctx: &FitContext<'_>,
    ) -> Result<Self, FitError> {
        plan.transforms.fit_rows(plan.part, x.row_shape())?;
        if plan.loss == Loss::Bce {
            in_unit_interval(x.as_slice(), x.n_features())
                .map_err(|refused| failed(plan.part, refused.into()))?;
        }
        let (rows, held_out) = split(plan, taught(x, lesson), ctx)?;
        // What a checkpoint goes on with takes the place of initial weights.
        let goes_on = ctx.checkpoints().is_some_and(|checkpoints| checkpoints.resumes());
        if let Some(path) = plan.weights.as_ref().filter(|_| !goes_on) {
            let weights = weights::read(path, &learner.names(), options.get("activation"))
                .map_err(|error| failed(plan.part, error.into()))?;
            learner
                .set_weights(weights)
                .map_err(|source| failed(plan.part, source))?;
        }
        let n_batches = rows.len().div_ceil(plan.batch_size);
        let n_epochs = plan
            .n_epochs
            .unwrap_or_else(|| epochs::automatic_epochs(n_batches));
        let mut training = Self {
            plan,
            x,
            own,
            labels: lesson.map(Lesson::labels),
            learner,
            n_epochs,
            rows,
            held_out,
            place: Place::default(),
            patience: plan
                .patience
                .map(|allowed| Patience::new(allowed, plan.min_delta)),
            notes: Vec::new(),
            checkpoints: None,
            seed: ctx.derived_seed("encoder batches"),
        };
        if plan.n_epochs.is_none() {
            training.notes.push(chosen_epochs(n_epochs, n_batches));
        }
        if let Some(checkpoints) = ctx.checkpoints() {
            training.keep_checkpoints(checkpoints.clone(), options, ctx)?;
        }
        Ok(training)
    }

    fn n_batches(&self) -> usize {
        self.rows.len().div_ceil(self.plan.batch_size)
    }

    /// The loss of the last epoch, though it may have been cut short; that of the rows held out, if there are any.
    fn loss(&self) -> f64 {
        self.place.loss.unwrap_or(f64::NAN)
    }

    fn failed(&self, source: BoxError) -> FitError {
        failed(self.plan.part, source)
    }

    /// Trains to the end, whatever brings it about.
    pub(crate) fn run(mut self, ctx: &mut FitContext<'_>) -> Result<Report, FitError> {
        let mut termination = self.termination(Control::Continue);
        while termination.is_none() {
            let control = match self.epoch(ctx) {
                Err(cancelled @ FitError::Cancelled { .. }) => {
                    self.write_checkpoint()?;
                    return Err(cancelled);
                }
                other => other?,
            };
            termination = self.termination(control);
            if termination.is_none() && self.is_due_after_epoch() {
                self.write_checkpoint()?;
            }
        }
        self.write_checkpoint()?;
        self.finish(termination.unwrap_or(Termination::Completed))
    }

    /// Why the training ends here, if it does.
    fn termination(&mut self, control: Control) -> Option<Termination> {
        let (made, all) = (self.place.batches, self.n_batches());
        if made > 0 && control == Control::Stop {
            let number = self.place.epochs + 1;
            let note = format!("stopped in epoch {number} after {made} of {all} batches");
            self.notes.push(note);
            return Some(Termination::Stopped);
        }
        match control {
            _ if self.place.epochs >= self.n_epochs => Some(Termination::Completed),
            _ if self.patience.as_ref().is_some_and(Patience::is_over) => Some(Termination::EarlyStopping),
            Control::Stop => Some(Termination::Stopped),
            Control::Continue => None,
        }
    }

    /// The rest of the epoch at work.
    fn epoch(&mut self, ctx: &mut FitContext<'_>) -> Result<Control, FitError> {
        let chunk = self.place.epochs as u64;
        let order = epochs::order(self.rows.len(), &mut ctx.rng("encoder shuffle", chunk));
        let order: Vec<usize> = order.into_iter().map(|at| self.rows[at]).collect();
        let mut loss = self.place.running_loss();
        for rows in order.chunks(self.plan.batch_size).skip(self.place.batches) {
            let of_batch = self.batch(rows, ctx)?;
            self.place.first_loss.get_or_insert(of_batch);
            loss.add(of_batch, rows.len());
            self.place.batches += 1;
            self.place.steps += 1;
            (self.place.loss_sum, self.place.loss_rows) = (loss.sum, loss.n_rows);
            self.place.loss = Some(loss.mean());
            let progress = self.progress();
            if self.place.batches == self.n_batches() {
                self.end_epoch()?;
            }
            let mut control = ctx.step(progress)?;
            if self.place.batches == 0 && !self.held_out.is_empty() && control == Control::Continue {
                control = ctx.step(progress.with_metric("validation loss", self.loss()))?;
            }
            if self.is_due_in_time() {
                self.write_checkpoint()?;
            }
            if control == Control::Stop {
                return Ok(control);
            }
        }
        Ok(Control::Continue)
    }

    /// Takes note of a whole epoch.
    fn end_epoch(&mut self) -> Result<(), FitError> {
        let epoch = self.place.epochs + 1;
        if !self.held_out.is_empty() {
            let loss = self.held_out_loss(epoch)?;
            self.place.loss = Some(loss);
            self.place.validation.push(loss);
        }
        self.place = Place {
            epochs: epoch,
            batches: 0,
            loss_sum: 0.0,
            loss_rows: 0,
            history: {
                let mut history = std::mem::take(&mut self.place.history);
                history.push(self.place.running_loss().mean());
                history
            },
            ..self.place.clone()
        };
        let loss = self.loss();
        let Some(patience) = &mut self.patience else {
            return Ok(());
        };
        let best = if patience.improves(loss) {
            let weights = self
                .learner
                .weights()
                .map_err(|source| failed(self.plan.part, source))?;
            Some(Best { epoch, loss, weights })
        } else {
            None
        };
        patience.note(best);
        self.place.waited = patience.waited;
        Ok(())
    }

    fn held_out_loss(&mut self, epoch: usize) -> Result<f64, FitError> {
        let mut loss = RunningLoss::default();
        for rows in self.held_out.chunks(self.plan.batch_size) {
            let batch = Batch {
                x: self.x,
                rows,
                target: None,
                input: None,
                labels: self.labels,
                draw: Draw {
                    seed: self.seed,
                    batch: u64::MAX,
                },
            };
            let of_batch = self
                .learner
                .loss(&batch)
                .map_err(|source| failed(self.plan.part, source))?;
            loss.add(of_batch, rows.len());
        }
        match loss.mean() {
            mean if mean.is_finite() => Ok(mean),
            mean => Err(self.diverged("validation loss", mean, epoch)),
        }
    }

    fn progress(&self) -> Progress {
        let n_batches = self.n_batches();
        let done = self
            .place
            .epochs
            .saturating_mul(n_batches)
            .saturating_add(self.place.batches);
        let total = self.n_epochs.saturating_mul(n_batches);
        let name = if self.place.batches == n_batches {
            "loss"
        } else {
            "running loss"
        };
        Progress::new("training", done, total).with_metric(name, self.loss())
    }

    fn batch(&mut self, rows: &[usize], ctx: &FitContext<'_>) -> Result<f64, FitError> {
        let plan = self.plan;
        let draw = Draw {
            seed: self.seed,
            batch: self.place.steps,
        };
        let width = self.x.n_features();
        let gather = || -> Vec<f32> { rows.iter().flat_map(|&row| self.x.row(row)).copied().collect() };
        let transforms = &plan.transforms;
        let augmented = || {
            let mut rows = gather();
            // Rows of no known shape were refused before the training.
            transforms.augment(&mut rows, self.x.row_shape().unwrap_or(&[width]), draw);
            rows
        };
        let target = transforms.augments_target().then(augmented);
        let input = (transforms.changes_input() || self.own.is_some()).then(|| {
            let mut input = match &target {
                Some(target) => target.clone(),
                None if transforms.augments_input() => augmented(),
                None => gather(),
            };
            transforms.spoil(&mut input, width, draw);
            if let Some(own) = self.own {
                own.apply(&mut input, &mut ctx.rng("encoder input transform", draw.batch));
            }
            input
        });
        let (target, input) = (target.as_deref(), input.as_deref());
        let n_steps = self.n_epochs.saturating_mul(self.n_batches()) as u64;
        let rate = plan.rates.at(self.place.steps, n_steps);
        let batch = Batch {
            x: self.x,
            rows,
            target,
            input,
            labels: self.labels,
            draw,
        };
        let loss = self
            .learner
            .step(&batch, rate)
            .map_err(|source| failed(plan.part, source))?;
        if loss.is_finite() {
            Ok(loss)
        } else {
            Err(self.diverged("loss", loss, self.place.epochs + 1))
        }
    }

    fn finish(mut self, termination: Termination) -> Result<Report, FitError> {
        let n_epochs = self.place.epochs;
        let mut of_epoch = n_epochs;
        if let Some(Best { epoch, loss, weights }) = self.patience.take().and_then(|patience| patience.best) {
            of_epoch = epoch;
            let note = match self.plan.min_delta {
                0.0 => format!("the weights are those of epoch {epoch}, whose loss was the lowest"),
                min_delta => {
                    format!(
                        "the weights are those of epoch {epoch}, the last that was better by min_delta = {min_delta}"
                    )
                }
            };
            self.notes.push(note);
            self.place.loss = Some(loss);
            self.learner
                .set_weights(weights)
                .map_err(|source| failed(self.plan.part, source))?;
        }
        let weights = self.learner.weights().map_err(|source| self.failed(source))?;
        if !weights.iter().flatten().all(|value| value.is_finite()) {
            return Err(self.diverged("weights", f64::NAN, n_epochs.max(1)));
        }
        if let Some(loss) = self.beyond_all(of_epoch) {
            return Err(self.diverged("loss", loss, of_epoch));
        }
        self.notes.extend(self.raised_loss(of_epoch));
        let objective = if self.held_out.is_empty() {
            "loss"
        } else {
            "validation loss"
        };
        let mut report = Report::new(self.plan.part, termination).with_n_iter(n_epochs);
        if let Some(loss) = self.place.loss {
            report = report.with_objective(objective, loss);
        }
        report.history = self.place.history;
        report.validation_history = self.place.validation;
        report.notes = self.notes;
        Ok(report)
    }

    /// A loss that is as good as infinite: far beyond what there was before the first step, and beyond the rows themselves.
    fn beyond_all(&self, epoch: usize) -> Option<f64> {
        let (first, last) = epochs::raised(&self.place, epoch)?;
        let scale = first.max(loss_of_zero(self.x));
        (scale > 0.0 && last > BEYOND * scale).then_some(last)
    }

    /// What is to be said where the weights at the end of an epoch are worse than those before the first step: too long steps need not end in NaN.
    fn raised_loss(&self, epoch: usize) -> Option<String> {
        let (first, last) = epochs::raised(&self.place, epoch)?;
        let (first, last) = (epochs::figure(first), epochs::figure(last));
        let rate = self.plan.rates.peak;
        Some(format!(
            "the loss rose from {first} before the first step to {last} in epoch {epoch} with learning_rate = {rate}: {ADVICE}"
        ))
    }

    fn diverged(&self, objective: &'static str, value: f64, epoch: usize) -> FitError {
        FitError::Diverged {
            part: self.plan.part.to_owned(),
            objective,
            value,
            unit: "epoch",
            step: epoch as u64,
            advice: format!("learning_rate is {}: {ADVICE}", self.plan.rates.peak).into(),
        }
    }
}

fn failed(part: &str, source: BoxError) -> FitError {
    FitError::Part {
        part: part.to_owned(),
        source,
    }
}

fn chosen_epochs(n_epochs: usize, n_batches: usize) -> String {
    let batches = if n_batches == 1 { "batch" } else { "batches" };
    format!(
        "n_epochs was chosen as {n_epochs} for {n_batches} {batches} an epoch: {} steps",
        n_epochs.saturating_mul(n_batches)
    )
}

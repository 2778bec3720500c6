//! Where a training's checkpoints go, and how it goes on from one.

use std::time::Instant;

use n2d_core::{BoxError, Checkpoints, Every, FitContext, FitError, persist};
use serde_json::Value;

use super::{Training, failed};
use crate::Schedule;
use crate::checkpoint::{self, Snapshot};
use crate::plan::Plan;
use crate::same_training::{Identity, Options};

/// Where checkpoints go, and when the last one did.
pub(super) struct Written {
    checkpoints: Checkpoints,
    identity: Identity,
    last: Instant,
}

impl Training<'_, '_> {
    pub(super) fn keep_checkpoints(
        &mut self,
        checkpoints: Checkpoints,
        network: &Value,
        ctx: &FitContext<'_>,
    ) -> Result<(), FitError> {
        let identity = self
            .identity(network, ctx)
            .map_err(|error| self.failed(error.into()))?;
        if checkpoints.resumes() {
            self.resume(&checkpoints, &identity)
                .map_err(|source| self.failed(source))?;
        } else {
            persist::probe(checkpoints.path()).map_err(|error| self.failed(error.into()))?;
        }
        self.checkpoints = Some(Written {
            checkpoints,
            identity,
            last: Instant::now(),
        });
        Ok(())
    }

    fn identity(&self, network: &Value, ctx: &FitContext<'_>) -> Result<Identity, serde_json::Error> {
        // At a constant rate, going on for longer changes nothing of what was.
        let n_epochs = (self.plan.rates.schedule != Schedule::Constant).then_some(self.n_epochs);
        let training = Plan {
            n_epochs,
            ..self.plan.clone()
        };
        let options = Options {
            network,
            training: &training,
            engine: self.learner.engine(),
            row_shape: self.x.row_shape(),
            input_transform: self.own.is_some(),
        };
        Ok(Identity {
            part: self.plan.part.to_owned(),
            options: serde_json::to_value(options)?,
            seed: ctx.seed(),
            n_samples: self.x.n_samples(),
            n_features: self.x.n_features(),
            data: checkpoint::digest(self.x),
        })
    }

    fn resume(&mut self, checkpoints: &Checkpoints, identity: &Identity) -> Result<(), BoxError> {
        let state = persist::read_file(checkpoints.path())?;
        let snapshot: Snapshot = state.load().map_err(|error| error.in_file(checkpoints.path()))?;
        snapshot.identity.check(identity)?;
        snapshot.check(&self.learner.weights()?, &self.learner.memories()?.1)?;
        snapshot.place.check(self.n_epochs, self.n_batches())?;
        self.learner.set_weights(snapshot.weights)?;
        self.learner
            .set_memories(snapshot.place.steps, snapshot.memories)?;
        self.place = snapshot.place;
        if let Some(patience) = &mut self.patience {
            (patience.waited, patience.best) = (self.place.waited, snapshot.best);
        }
        Ok(())
    }

    pub(super) fn is_due_after_epoch(&self) -> bool {
        let every = self
            .checkpoints
            .as_ref()
            .map(|written| written.checkpoints.every());
        matches!(every, Some(Every::Epochs(n)) if self.place.epochs.is_multiple_of(n.max(1)))
    }

    pub(super) fn is_due_in_time(&self) -> bool {
        let due = |written: &Written| matches!(written.checkpoints.every(), Every::Time(time) if written.last.elapsed() >= time);
        self.checkpoints.as_ref().is_some_and(due)
    }

    pub(super) fn write_checkpoint(&mut self) -> Result<(), FitError> {
        let Some(written) = &mut self.checkpoints else {
            return Ok(());
        };
        written.last = Instant::now();
        let failed = |source: BoxError| failed(self.plan.part, source);
        let snapshot = Snapshot {
            identity: written.identity.clone(),
            place: self.place.clone(),
            weights: self.learner.weights().map_err(failed)?,
            memories: self.learner.memories().map_err(failed)?.1,
            best: self.patience.as_ref().and_then(|patience| patience.best.clone()),
        };
        persist::write_file(written.checkpoints.path(), &snapshot).map_err(|error| failed(error.into()))
    }
}

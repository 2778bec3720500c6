//! What the checks know of the part under test, its types erased.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use n2d_core::persist::{LoadError, State};
use n2d_core::{ApplyError, Fit, FitContext, FitError, Samples};

use crate::data::{DataSet, GROUPS, data_sets};
use crate::fitted::Fitted;

/// The seed of all fits that need none in particular.
pub(crate) const SEED: u64 = 11;

type FitPart = dyn Fn(Samples<'_>, &mut FitContext<'_>) -> Result<Fit<Fitted>, FitError> + Send + Sync;
pub(crate) type LoadPart = dyn Fn(&State) -> Result<Fitted, LoadError> + Send + Sync;
/// A capability called by its trait, its answer as bits.
pub(crate) type Static = fn(&dyn Any, Samples<'_>) -> Option<Result<Vec<u32>, ApplyError>>;

/// The part.
pub(crate) struct Subject {
    /// By the part's own type.
    pub(crate) fit: Box<FitPart>,
    /// By its box.
    pub(crate) fit_boxed: Box<FitPart>,
    pub(crate) load: Option<Box<LoadPart>>,
    pub(crate) config: Option<Box<dyn Fn() -> Result<(), String> + Send + Sync>>,
    /// Capabilities by the names of their methods.
    pub(crate) capabilities: Vec<(&'static str, Static)>,
}

impl Subject {
    pub(crate) fn fitted_to(&self, data: &DataSet) -> Result<Fit<Fitted>, String> {
        self.fitted_with(data, &mut FitContext::new(SEED))
    }

    pub(crate) fn fitted_with(
        &self,
        data: &DataSet,
        ctx: &mut FitContext<'_>,
    ) -> Result<Fit<Fitted>, String> {
        (self.fit)(data.samples(), ctx).map_err(|error| format!("the fit to {}: {error}", data.name()))
    }

    /// Fitted to the rows that every part is fitted to, and new rows for it.
    pub(crate) fn ordinary(&self) -> Result<(Fitted, DataSet, DataSet), String> {
        let data = groups();
        let fit = self.fitted_to(&data)?;
        let new = data.new_rows();
        Ok((fit.model, data, new))
    }
}

/// The rows that every part is fitted to.
pub(crate) fn groups() -> DataSet {
    let mut all = data_sets().into_iter();
    all.find(|set| set.name() == GROUPS).expect("one of the sets")
}

/// Runs what may panic, and gives the panic as a failure.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("a panic: {}", text.unwrap_or("without a text")))
    })
}

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::BoxError;

/// How many threads work. The result is the same for any number.
///
/// The default is rayon's pool around the caller: the global one (a thread a core) outside any other. Work on new data
/// (`encode`, `transform`, `predict`) uses the pool around the caller as well; [`Parallelism::install`] chooses it:
///
/// ```
/// use n2d_core::Parallelism;
///
/// let two = Parallelism::threads(2.try_into()?)?;
/// assert_eq!(two.install(rayon::current_num_threads), 2);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Parallelism {
    pool: Option<Arc<rayon::ThreadPool>>,
}

impl Parallelism {
    /// An own pool of `n` threads, freed with the last clone.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn threads(n: NonZeroUsize) -> Result<Self, BoxError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n.get())
            .thread_name(|i| format!("n2d-{i}"))
            .build()?;
        Ok(Self {
            pool: Some(Arc::new(pool)),
        })
    }

    /// Number of threads at work.
    pub fn n_threads(&self) -> usize {
        self.pool
            .as_ref()
            .map_or_else(rayon::current_num_threads, |pool| pool.current_num_threads())
    }

    /// Runs `work` with these threads.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

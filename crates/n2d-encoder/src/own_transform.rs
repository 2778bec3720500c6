use std::fmt;
use std::sync::Arc;

use n2d_core::rng::ChaCha8Rng;

/// A user's own change of a batch's input. What is to be reconstructed stays as it is.
#[derive(Clone)]
pub(crate) struct OwnTransform(Arc<dyn Fn(&mut [f32], &mut ChaCha8Rng) + Send + Sync>);

impl OwnTransform {
    pub(crate) fn new(transform: impl Fn(&mut [f32], &mut ChaCha8Rng) + Send + Sync + 'static) -> Self {
        Self(Arc::new(transform))
    }

    /// Changes rows, one after the other, in place.
    pub(crate) fn apply(&self, rows: &mut [f32], rng: &mut ChaCha8Rng) {
        (self.0)(rows, rng);
    }
}

/// Functions are equal if they are the same one.
impl PartialEq for OwnTransform {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for OwnTransform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnTransform")
    }
}

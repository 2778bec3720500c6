//! Several N2D pipelines as one, so that a result no longer hangs on a seed.
//!
//! [`N2dEnsemble`] turns a pipeline into such a one. It is made of ordinary parts, which also serve by themselves: a [`Committee`] of
//! encoders, whose latents stand side by side; [`Each`], a manifold learner for each of them; [`Voting`], a clusterer for each, which says
//! how many members agree on a row; [`SelfTrained`], an encoder that learns from what they are certain of. `AveragedUmap` of n2d-manifold lays out the mean of all their graphs. [`consensus()`] and
//! [`co_association()`] are the votes themselves, on any labels.

mod align;
mod blocks;
mod co_association;
mod committee;
mod each;
mod ensemble;
mod linkage;
mod self_training;
mod trust;
mod voting;

pub use align::{Consensus, consensus};
pub use co_association::co_association;
pub use committee::{Committee, FittedCommittee};
pub use each::{Each, FittedEach};
pub use ensemble::N2dEnsemble;
pub use self_training::{FittedSelfTrained, SelfTrained};
pub use voting::{Counting, FittedVoting, Voting};

//! The checks themselves. Each fits the part anew, and says in words what it found.

mod applying;
mod config;
mod fits;
mod saving;
mod watching;

pub(crate) use applying::{
    batch_split, bits_of_labels, bits_of_matrix, feature_mismatch, static_and_dynamic,
};
pub(crate) use config::configuration;
pub(crate) use fits::{fit_twice, sound_results, threads};
pub(crate) use saving::{damaged, hostile, save_and_load};
pub(crate) use watching::{cancel, observer, stop};

//! What is done to the rows of a batch, drawn anew for every one.

use n2d_core::check::Options;
use n2d_core::rng::SplitMix64;
use n2d_core::{ConfigError, FitError};
use rayon::prelude::*;
use serde::Serialize;

use crate::warp;
use crate::{RowKind, TrainingConfig};

/// The transforms asked for, checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Transforms {
    noise: f64,
    masking: f64,
    dropout: f64,
    shift: usize,
    rotation: f64,
    flip: bool,
    zoom: f64,
    slant: f64,
    scaling: f64,
    crop: f64,
    clean_target: bool,
}

impl Transforms {
    pub(crate) fn check(config: &TrainingConfig, part: &'static str) -> Result<Self, ConfigError> {
        let options = Options::of(part);
        options.not_negative("noise", config.noise)?;
        options.below("masking", config.masking, 0.0, 1.0)?;
        options.below("dropout", config.dropout, 0.0, 1.0)?;
        options.between("rotation", config.rotation, 0.0, 180.0)?;
        options.below("zoom", config.zoom, 0.0, 1.0)?;
        options.not_negative("slant", config.slant)?;
        options.not_negative("scaling", config.scaling)?;
        options.below("crop", config.crop, 0.0, 1.0)?;
        let transforms = Self {
            noise: config.noise,
            masking: config.masking,
            dropout: config.dropout,
            shift: config.shift,
            rotation: config.rotation,
            flip: config.flip,
            zoom: config.zoom,
            slant: config.slant,
            scaling: config.scaling,
            crop: config.crop,
            clean_target: config.clean_target,
        };
        if config.clean_target && !transforms.augments() {
            let allowed = "false without shift, rotation, flip, zoom, slant, scaling and crop";
            return Err(options.refuse("clean_target", allowed, true));
        }
        Ok(transforms)
    }

    /// Whether the input is changed and the target is not, or otherwise.
    pub(crate) fn changes_input(&self) -> bool {
        self.noise > 0.0 || self.masking > 0.0 || self.dropout > 0.0 || self.augments_input()
    }

    fn of_images(&self) -> bool {
        self.options_of_images().iter().any(|(_, is_set)| *is_set)
    }

    fn of_sequences(&self) -> bool {
        self.options_of_sequences().iter().any(|(_, is_set)| *is_set)
    }

    /// Refuses those of another kind of rows.
    pub(crate) fn of_kind(&self, part: &'static str, kind: RowKind) -> Result<(), ConfigError> {
        let (others, allowed) = match kind {
            RowKind::Sequences => (
                self.options_of_images().to_vec(),
                "unset: it is for images, and this network for sequences",
            ),
            RowKind::Images => (
                self.options_of_sequences().to_vec(),
                "unset: it is for sequences, and this network for images",
            ),
        };
        match others.into_iter().find(|(_, is_set)| *is_set) {
            Some((option, _)) => Err(Options::of(part).refuse(option, allowed, "set")),
            None => Ok(()),
        }
    }

    fn options_of_images(&self) -> [(&'static str, bool); 5] {
        [
            ("shift", self.shift > 0),
            ("rotation", self.rotation > 0.0),
            ("flip", self.flip),
            ("zoom", self.zoom > 0.0),
            ("slant", self.slant > 0.0),
        ]
    }

    fn options_of_sequences(&self) -> [(&'static str, bool); 2] {
        [("scaling", self.scaling > 0.0), ("crop", self.crop > 0.0)]
    }

    /// Whether rows become other rows of their kind.
    fn augments(&self) -> bool {
        self.of_images() || self.of_sequences()
    }

    /// Whether input and target are changed alike.
    pub(crate) fn augments_target(&self) -> bool {
        self.augments() && !self.clean_target
    }

    /// Whether such a change is one of the input alone.
    pub(crate) fn augments_input(&self) -> bool {
        self.augments() && self.clean_target
    }

    /// That rows of this shape can be changed so.
    pub(crate) fn fit_rows(&self, part: &'static str, row_shape: Option<&[usize]>) -> Result<(), FitError> {
        let refuse = |needs: &'static str| {
            Err(FitError::Part {
                part: part.to_owned(),
                source: Box::new(RowShapeNeeded {
                    needs,
                    row_shape: row_shape.map(<[usize]>::to_vec),
                }),
            })
        };
        let dimensions = row_shape.map_or(0, <[usize]>::len);
        if self.of_images() && !(2..=3).contains(&dimensions) {
            return refuse(
                "shift, rotation, flip, zoom and slant need rows of shape [height, width] or [height, width, channels]",
            );
        }
        if self.of_sequences() && dimensions != 2 {
            return refuse("scaling and crop need rows of shape [steps, channels]");
        }
        if let Some([height, width, ..]) = row_shape
            && self.shift >= *height.min(width)
            && self.shift > 0
        {
            return refuse("shift must be below height and width of the images");
        }
        Ok(())
    }

    /// Changes rows in place, to be input and target alike.
    pub(crate) fn augment(&self, rows: &mut [f32], row_shape: &[usize], draw: Draw) {
        let width = row_shape.iter().product();
        rows.par_chunks_mut(width).enumerate().for_each(|(row, values)| {
            let mut numbers = draw.row(Purpose::Augment, row);
            if self.of_sequences() {
                self.augment_sequence(values, row_shape, &mut numbers);
            }
            if self.of_images() {
                self.augment_image(values, row_shape, &mut numbers);
            }
        });
    }

    fn augment_sequence(&self, values: &mut [f32], row_shape: &[usize], numbers: &mut Numbers) {
        let (steps, channels) = (row_shape[0], row_shape[1]);
        if self.crop > 0.0 {
            let length = (1.0 - self.crop * numbers.unit()) * (steps - 1) as f64;
            let start = numbers.unit() * ((steps - 1) as f64 - length);
            warp::stretch(values, channels, start, length);
        }
        if self.scaling > 0.0 {
            let factors: Vec<f32> = (0..channels)
                .map(|_| (1.0 + self.scaling * numbers.normal()) as f32)
                .collect();
            for step in values.chunks_exact_mut(channels) {
                step.iter_mut()
                    .zip(&factors)
                    .for_each(|(value, factor)| *value *= factor);
            }
        }
    }

    fn augment_image(&self, values: &mut [f32], row_shape: &[usize], numbers: &mut Numbers) {
        let mut whole = |most: usize| numbers.below(2 * most + 1) as f64 - most as f64;
        let shift = (whole(self.shift), whole(self.shift));
        let angle = self.rotation.to_radians() * (2.0 * numbers.unit() - 1.0);
        let mirror = self.flip && numbers.unit() < 0.5;
        let mut within = |most: f64| {
            if most > 0.0 {
                most * (2.0 * numbers.unit() - 1.0)
            } else {
                0.0
            }
        };
        let stretch = (1.0 + within(self.zoom), 1.0 + within(self.zoom));
        let slant = within(self.slant);
        let size = (row_shape[0], row_shape[1], row_shape.get(2).copied().unwrap_or(1));
        warp::place(
            values,
            size,
            warp::Place {
                shift,
                angle,
                mirror,
                stretch,
                slant,
            },
        );
    }

    /// Changes rows in place, to be input alone.
    pub(crate) fn spoil(&self, rows: &mut [f32], width: usize, draw: Draw) {
        let kept = (1.0 / (1.0 - self.dropout)) as f32;
        rows.par_chunks_mut(width).enumerate().for_each(|(row, values)| {
            let mut numbers = draw.row(Purpose::Spoil, row);
            for value in values {
                if self.noise > 0.0 {
                    *value += (self.noise * numbers.normal()) as f32;
                }
                if self.masking > 0.0 && numbers.unit() < self.masking {
                    *value = 0.0;
                }
                if self.dropout > 0.0 {
                    *value = if numbers.unit() < self.dropout {
                        0.0
                    } else {
                        *value * kept
                    };
                }
            }
        });
    }
}

/// Rows whose inner shape is not known, or not that of what is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{needs}, but {}", shown(.row_shape))]
#[non_exhaustive]
pub struct RowShapeNeeded {
    /// What needs a shape, and which.
    pub needs: &'static str,
    /// The shape of rows, where it is known.
    pub row_shape: Option<Vec<usize>>,
}

fn shown(row_shape: &Option<Vec<usize>>) -> String {
    match row_shape {
        Some(row_shape) => format!("rows have the shape {row_shape:?}"),
        None => "the shape of rows is not known (`Samples::with_row_shape` tells it)".to_owned(),
    }
}

/// That data lies where a loss needs it.
pub(crate) fn in_unit_interval(values: &[f32], width: usize) -> Result<(), OutOfRange> {
    match values.iter().position(|value| !(0.0..=1.0).contains(value)) {
        None => Ok(()),
        Some(at) => Err(OutOfRange {
            row: at / width,
            column: at % width,
            value: values[at],
        }),
    }
}

/// A value that binary cross-entropy can't be of.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("loss = bce needs values between 0 and 1, but row {row}, column {column} is {value}")]
#[non_exhaustive]
pub struct OutOfRange {
    /// Row, from zero.
    pub row: usize,
    /// Column, from zero.
    pub column: usize,
    /// What is there.
    pub value: f32,
}

/// What random numbers of a batch are for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Augment = 0,
    Spoil = 1,
    Sample = 2,
    Keep = 3,
}

/// Where the random numbers of one batch come from: they follow from the seed and the batch's number alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw {
    pub(crate) seed: u64,
    pub(crate) batch: u64,
}

impl Draw {
    /// The numbers of one row for one purpose.
    pub(crate) fn row(self, purpose: Purpose, row: usize) -> Numbers {
        Numbers(SplitMix64::new(
            self.seed ^ (purpose as u64) << 62,
            self.batch,
            row as u64,
        ))
    }

    /// The factors of a row's values in a layer that leaves a part of them out: 0, or what makes up for those left out.
    pub(crate) fn keep(self, row: usize, dropout: f64, factors: &mut [f32]) {
        let mut numbers = self.row(Purpose::Keep, row);
        let kept = (1.0 / (1.0 - dropout)) as f32;
        factors.fill_with(|| if numbers.unit() < dropout { 0.0 } else { kept });
    }
}

/// Random numbers of several distributions.
pub(crate) struct Numbers(SplitMix64);

impl Numbers {
    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transforms(change: impl FnOnce(&mut TrainingConfig)) -> Transforms {
        let mut config = TrainingConfig::default();
        change(&mut config);
        Transforms::check(&config, "net").unwrap()
    }

    const DRAW: Draw = Draw { seed: 1, batch: 2 };

    fn moments(values: &[f32]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let variance = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt())
    }

    #[test]
    fn noise_has_its_deviation_and_is_new_for_every_batch() {
        let noisy = transforms(|c| c.noise = 0.5);
        let made = |batch| {
            let mut rows = vec![1.0; 40_000];
            noisy.spoil(&mut rows, 40, Draw { batch, ..DRAW });
            rows
        };
        let (mean, deviation) = moments(&made(0));
        assert!(
            (mean - 1.0).abs() < 0.01 && (deviation - 0.5).abs() < 0.01,
            "{mean} {deviation}"
        );
        assert_eq!(made(3), made(3));
        assert_ne!(made(3), made(4));
        let one = made(3);
        assert_ne!(one[..40], one[40..80]);
    }

    #[test]
    fn masking_and_dropout_take_their_part() {
        let zeros = |rows: &[f32]| rows.iter().filter(|&&v| v == 0.0).count() as f64 / rows.len() as f64;
        let mut rows = vec![1.0; 40_000];
        transforms(|c| c.masking = 0.3).spoil(&mut rows, 40, DRAW);
        assert!((zeros(&rows) - 0.3).abs() < 0.01 && (moments(&rows).0 - 0.7).abs() < 0.01);
        let mut rows = vec![1.0; 40_000];
        transforms(|c| c.dropout = 0.3).spoil(&mut rows, 40, DRAW);
        assert!((zeros(&rows) - 0.3).abs() < 0.01 && (moments(&rows).0 - 1.0).abs() < 0.01);
    }

    #[test]
    fn sequences_are_cropped_and_scaled() {
        let ramp: Vec<f32> = (0..32).flat_map(|step| [step as f32, 1.0]).collect();
        let mut cropped = ramp.clone();
        transforms(|c| c.crop = 0.5).augment(&mut cropped, &[32, 2], DRAW);
        let first = |at: usize| cropped[2 * at];
        let slope = first(1) - first(0);
        assert!((0.5..1.0).contains(&slope), "{slope}");
        assert!((0..31).all(|at| (first(at + 1) - first(at) - slope).abs() < 1e-4));
        assert!(first(0) >= 0.0 && first(31) <= 31.0);
        let mut scaled = ramp;
        transforms(|c| c.scaling = 0.2).augment(&mut scaled, &[32, 2], DRAW);
        let factors = (scaled[2 * 31] / 31.0, scaled[1]);
        assert!(factors.0 != 1.0 && factors.0 != factors.1);
        assert!((0..32).all(
            |at| (scaled[2 * at] - factors.0 * at as f32).abs() < 1e-4 && scaled[2 * at + 1] == factors.1
        ));
    }

    #[test]
    fn what_rows_can_not_have_is_refused() {
        let refused = |transforms: Transforms, shape: Option<&[usize]>| {
            transforms.fit_rows("net", shape).map_err(|e| e.to_string())
        };
        let shifted = transforms(|c| c.shift = 3);
        assert!(refused(shifted, Some(&[4, 4])).is_ok());
        assert!(refused(shifted, Some(&[4, 4, 2])).is_ok());
        assert_eq!(
            refused(shifted, None).unwrap_err(),
            "net: shift, rotation, flip, zoom and slant need rows of shape [height, width] or [height, width, channels], but the shape of rows is not known (`Samples::with_row_shape` tells it)"
        );
        assert!(
            refused(shifted, Some(&[9]))
                .unwrap_err()
                .ends_with("but rows have the shape [9]")
        );
        assert!(
            refused(shifted, Some(&[9, 3]))
                .unwrap_err()
                .contains("shift must be below")
        );
        assert!(refused(transforms(|c| c.crop = 0.1), Some(&[9, 3, 1])).is_err());
        assert!(refused(transforms(|c| c.noise = 0.1), None).is_ok());
    }

    #[test]
    fn values_outside_the_unit_interval_are_named() {
        assert!(in_unit_interval(&[0.0, 1.0, 0.5], 3).is_ok());
        let error = in_unit_interval(&[0.0, 1.0, 0.5, 1.5], 2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "loss = bce needs values between 0 and 1, but row 1, column 1 is 1.5"
        );
    }
}

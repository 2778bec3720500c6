//! What fitted parts do with new rows.

use std::any::Any;

use n2d_core::{
    ApplyError, ApproximatePredict, Capability, Decode, FitContext, Labels, Predict, PredictProba, Samples,
    Transform,
};
use ndarray::Array2;

use super::fits::same_answers;
use crate::data::DataSet;
use crate::fitted::{Answers, Fitted, require};
use crate::subject::{SEED, Subject};

pub(crate) fn bits_of_matrix(matrix: Array2<f32>) -> Vec<u32> {
    matrix.iter().map(|value| value.to_bits()).collect()
}

pub(crate) fn bits_of_labels(labels: Labels) -> Vec<u32> {
    labels.as_slice().iter().map(|&label| label as u32).collect()
}

pub(crate) fn batch_split(subject: &Subject) -> Result<(), String> {
    let (part, _, new) = subject.ordinary()?;
    let all = new.samples();
    let (values, width) = (all.as_slice(), all.n_features());
    // Pieces of the rows: all at once, one by one, and unequal ones.
    for size in [all.n_samples(), 1, 5] {
        let mut pieces = Vec::new();
        for piece in values.chunks(size * width) {
            let piece = Samples::from_rows(piece, width).map_err(|error| error.to_string())?;
            pieces.push(part.answers_about(piece));
        }
        let together = Answers::one_after_the_other(&[part.answers_about(all)]);
        same_answers(&together, &Answers::one_after_the_other(&pieces))
            .map_err(|found| format!("in pieces of {size} rows, {found}"))?;
    }
    Ok(())
}

pub(crate) fn feature_mismatch(subject: &Subject) -> Result<(), String> {
    let (part, data, _) = subject.ordinary()?;
    for other in data.of_other_widths() {
        for (capability, refusal) in refusals(&part, &other) {
            let expected = expected_width(&part, capability);
            let given = other.samples().n_features();
            let right = matches!(&refusal, Some(ApplyError::FeatureMismatch { expected: e, given: g, .. })
                if (*e, *g) == (expected, given));
            require(right || given == expected, || {
                let found = refusal.map_or_else(|| "took them".to_owned(), |error| format!("said: {error}"));
                format!("`{capability}` was given rows of {given} features, not {expected}, and {found}")
            })?;
        }
    }
    Ok(())
}

fn expected_width(part: &Fitted, capability: &str) -> usize {
    match part {
        Fitted::Encoder(part) if capability == "decode" => part.latent_dim(),
        _ => part.n_features(),
    }
}

/// What each capability says to rows.
fn refusals(part: &Fitted, rows: &DataSet) -> Vec<(&'static str, Option<ApplyError>)> {
    let x = rows.samples();
    let mut all = Vec::new();
    match part {
        Fitted::Encoder(part) => {
            all.push(("encode", part.encode(x).err()));
            all.extend(part.as_decode().map(|part| ("decode", part.decode(x).err())));
        }
        Fitted::Manifold(part) => {
            all.extend(
                part.as_transform()
                    .map(|part| ("transform", part.transform(x).err())),
            );
        }
        Fitted::Clusterer(part) => {
            all.extend(part.as_predict().map(|part| ("predict", part.predict(x).err())));
            let proba = part.as_predict_proba();
            all.extend(proba.map(|part| ("predict_proba", part.predict_proba(x).err())));
            let approximate = part.as_approximate_predict();
            all.extend(approximate.map(|part| ("approximate_predict", part.approximate_predict(x).err())));
        }
    }
    all
}

pub(crate) fn static_and_dynamic(subject: &Subject) -> Result<(), String> {
    let (part, data, new) = subject.ordinary()?;
    let boxed = (subject.fit_boxed)(data.samples(), &mut FitContext::new(SEED));
    let boxed = boxed
        .map_err(|error| format!("the fit of the box: {error}"))?
        .model;
    same_answers(&part.answers(new.samples()), &boxed.answers(new.samples()))
        .map_err(|found| format!("the part or its box: {found}"))?;
    let rows = taken(&part, &new)?;
    let rows = Samples::new(rows.view()).map_err(|error| error.to_string())?;
    dynamic(&part, rows)
        .into_iter()
        .try_for_each(|found| agrees(subject, &part, rows, found))
}

/// What the capabilities are given: a decoder takes latents.
fn taken(part: &Fitted, new: &DataSet) -> Result<Array2<f32>, String> {
    match part {
        Fitted::Encoder(part) => part.encode(new.samples()).map_err(|error| error.to_string()),
        _ => Ok(new.samples().view().to_owned()),
    }
}

/// A capability as it is met at run time.
struct Dynamic {
    name: &'static str,
    capability: Capability,
    /// What `as_*` gives and that answers.
    by_method: Option<Result<Vec<u32>, ApplyError>>,
    by_box: Result<Vec<u32>, ApplyError>,
}

fn agrees(subject: &Subject, part: &Fitted, rows: Samples<'_>, found: Dynamic) -> Result<(), String> {
    let Dynamic {
        name,
        capability,
        by_method,
        by_box,
    } = found;
    let declared = subject.capabilities.iter().find(|(of, _)| *of == name);
    match (by_method, declared) {
        (None, None) => {
            let missing = |error: &ApplyError| matches!(error, ApplyError::MissingCapability { capability: c, .. } if *c == capability);
            let missing = by_box.as_ref().is_err_and(missing);
            require(missing, || {
                format!("the box answers `{name}` although `as_{name}` is None")
            })
        }
        (Some(_), None) => Err(format!(
            "`as_{name}` is Some, but the suite is not told: declare it"
        )),
        (None, Some(_)) => Err(format!("`{name}` is declared, but `as_{name}` is None")),
        (Some(by_method), Some((_, by_trait))) => {
            let by_method = by_method.map_err(|error| format!("`{name}`: {error}"))?;
            let by_trait = by_trait(any(part), rows).and_then(Result::ok);
            let agree =
                by_box.is_ok_and(|bits| bits == by_method) && by_trait.is_some_and(|bits| bits == by_method);
            require(agree, || {
                format!("`{name}` by its trait, by `as_{name}` and by the box differ")
            })
        }
    }
}

/// The part's own type.
fn any(part: &Fitted) -> &dyn Any {
    match part {
        Fitted::Encoder(part) => &**part,
        Fitted::Manifold(part) => &**part,
        Fitted::Clusterer(part) => &**part,
    }
}

fn dynamic(part: &Fitted, rows: Samples<'_>) -> Vec<Dynamic> {
    match part {
        Fitted::Encoder(part) => vec![Dynamic {
            name: "decode",
            capability: Capability::Decode,
            by_method: part.as_decode().map(|part| part.decode(rows).map(bits_of_matrix)),
            by_box: part.decode(rows).map(bits_of_matrix),
        }],
        Fitted::Manifold(part) => vec![Dynamic {
            name: "transform",
            capability: Capability::Transform,
            by_method: part
                .as_transform()
                .map(|part| part.transform(rows).map(bits_of_matrix)),
            by_box: part.transform(rows).map(bits_of_matrix),
        }],
        Fitted::Clusterer(part) => {
            let labels = |(labels, _)| bits_of_labels(labels);
            let approximate = part.as_approximate_predict();
            vec![
                Dynamic {
                    name: "predict",
                    capability: Capability::Predict,
                    by_method: part
                        .as_predict()
                        .map(|part| part.predict(rows).map(bits_of_labels)),
                    by_box: part.predict(rows).map(bits_of_labels),
                },
                Dynamic {
                    name: "predict_proba",
                    capability: Capability::PredictProba,
                    by_method: part
                        .as_predict_proba()
                        .map(|part| part.predict_proba(rows).map(bits_of_matrix)),
                    by_box: part.predict_proba(rows).map(bits_of_matrix),
                },
                Dynamic {
                    name: "approximate_predict",
                    capability: Capability::ApproximatePredict,
                    by_method: approximate.map(|part| part.approximate_predict(rows).map(labels)),
                    by_box: part.approximate_predict(rows).map(labels),
                },
            ]
        }
    }
}

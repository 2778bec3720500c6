//! `--checkpoint` and `--resume`: how far the encoder's training is, in a file.

use std::path::Path;
use std::time::Duration;

use n2d::persist::read_file;
use n2d::{Checkpoints, Every};

use crate::args::FitArgs;
use crate::errors::CliError;
use crate::output::Output;
use crate::plan::Plan;

/// The kind of a checkpoint's file.
const KIND: &str = "checkpoint";
/// Seconds between two checkpoints where nothing else is said: little is lost, and the time for writing does not show.
const SECONDS: u64 = 60;

/// What `--checkpoint-every` says: epochs, or seconds with an `s`, or minutes with an `m`.
///
/// # Errors
/// What is allowed, in words.
pub(crate) fn every(text: &str) -> Result<Every, String> {
    let (number, seconds) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(number), _) => (number, Some(1)),
        (_, Some(number)) => (number, Some(60)),
        (None, None) => (text, None),
    };
    let number: usize =
        number.parse().ok().filter(|&n| n > 0).ok_or(
            "must be a number of epochs, such as 5, of seconds, such as 60s, or of minutes, such as 5m",
        )?;
    Ok(match seconds {
        Some(each) => Every::Time(Duration::from_secs((number as u64).saturating_mul(each))),
        None => Every::Epochs(number),
    })
}

/// A file that holds something else than a checkpoint is not to be lost to one.
fn check_free(path: &Path) -> Result<(), CliError> {
    let is_other = path.exists() && read_file(path).map_or(true, |state| state.kind() != KIND);
    if is_other {
        return Err(CliError::usage(format!(
            "--checkpoint {}: the file is there, and is no checkpoint; give another name",
            path.display()
        )));
    }
    Ok(())
}

/// The checkpoints that the arguments ask for.
///
/// # Errors
/// Bad usage where the encoder has no training to write down.
pub(crate) fn asked_for(
    args: &FitArgs,
    plan: &Plan,
    output: Option<&Output>,
) -> Result<Option<Checkpoints>, CliError> {
    let Some(output) = output else {
        return Ok(None);
    };
    if plan.has_members() {
        return Err(CliError::usage(
            "--checkpoint keeps one training: ensembles and self-training have several".to_owned(),
        ));
    }
    if !plan.trains()? {
        let encoder = plan.parts()[0];
        return Err(CliError::usage(format!(
            "--checkpoint: the encoder {encoder} does not train"
        )));
    }
    let every = args
        .checkpoint_every
        .unwrap_or(Every::Time(Duration::from_secs(SECONDS)));
    let checkpoints = Checkpoints::new(output.path(), every);
    if args.resume {
        return Ok(Some(checkpoints.resuming()));
    }
    check_free(output.path())?;
    Ok(Some(checkpoints))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_and_times_are_told_apart() {
        assert_eq!(every("5"), Ok(Every::Epochs(5)));
        assert_eq!(every("60s"), Ok(Every::Time(Duration::from_secs(60))));
        assert_eq!(every("5m"), Ok(Every::Time(Duration::from_secs(300))));
        for wrong in ["", "0", "0s", "s", "-1", "1.5s", "5h"] {
            assert!(every(wrong).is_err(), "{wrong}");
        }
    }
}

//! `--checkpoint` and `--resume`: how far the encoder's training is, in a file.

use std::time::Duration;

use n2d::{Checkpoints, Every};

use crate::args::FitArgs;
use crate::errors::CliError;
use crate::output::Output;
use crate::plan::Plan;

/// Seconds between two checkpoints where nothing else is said: little is lost, and the time for writing does not show.
const SECONDS: u64 = 60;

/// What `--checkpoint-every` says: epochs, or seconds with an `s`.
///
/// # Errors
/// What is allowed, in words.
pub(crate) fn every(text: &str) -> Result<Every, String> {
    let (number, in_seconds) = match text.strip_suffix('s') {
        Some(number) => (number, true),
        None => (text, false),
    };
    let number: usize = number
        .parse()
        .ok()
        .filter(|&n| n > 0)
        .ok_or("must be a number of epochs, such as 5, or of seconds, such as 60s")?;
    Ok(if in_seconds {
        Every::Time(Duration::from_secs(number as u64))
    } else {
        Every::Epochs(number)
    })
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
    if plan.teaches() {
        return Err(CliError::usage(
            "--checkpoint: self-training keeps no checkpoints".to_owned(),
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
    Ok(Some(if args.resume {
        checkpoints.resuming()
    } else {
        checkpoints
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_and_seconds_are_told_apart() {
        assert_eq!(every("5"), Ok(Every::Epochs(5)));
        assert_eq!(every("60s"), Ok(Every::Time(Duration::from_secs(60))));
        for wrong in ["", "0", "0s", "s", "-1", "1.5s", "5m"] {
            assert!(every(wrong).is_err(), "{wrong}");
        }
    }
}

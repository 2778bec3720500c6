//! `n2d convert`: data from one format to another.

use std::io::{BufWriter, Write};
use std::path::Path;

use n2d::datasets::{Dataset, FileFormat, write_dataset};

use crate::args::ConvertArgs;
use crate::errors::{CliError, print_stdout};
use crate::log;
use crate::output::Output;
use crate::source::{DataOptions, Source};
use crate::stdin::DASH;
use crate::text::counted;

/// Runs the command.
///
/// # Errors
/// Bad usage, data that can't be read, a file that can't be written.
pub(crate) fn run(args: &ConvertArgs) -> Result<(), CliError> {
    if args.out == Path::new(DASH) {
        let mut text = Vec::new();
        // Memory takes all that is written to it.
        let _ = write_dataset(&read(args)?, FileFormat::Csv, &mut text);
        return print_stdout(&String::from_utf8_lossy(&text));
    }
    let Some(format) = FileFormat::of(&args.out) else {
        return Err(CliError::usage(format!(
            "{}: the ending says nothing known; it may be .npy, .npz, .csv, .tsv, .parquet, .arrow or .feather",
            args.out.display()
        )));
    };
    let output = Output::new(&args.out, &[args.input.as_path()])?;
    let data = read(args)?;
    let mut file = BufWriter::new(output.create()?);
    let written = write_dataset(&data, format, &mut file).and_then(|()| file.flush());
    written.map_err(|error| output.refused(&error))?;
    let file = file.into_inner().map_err(|error| output.refused(error.error()))?;
    file.commit().map_err(|error| output.refused(&error))?;
    say(&data, format, &args.out);
    Ok(())
}

fn read(args: &ConvertArgs) -> Result<Dataset, CliError> {
    if args.input.is_dir() {
        return pictures(args);
    }
    if args.size.is_some() || args.colour {
        return Err(CliError::usage(format!(
            "--size and --colour are for folders of pictures, but {} is none",
            args.input.display()
        )));
    }
    let options = DataOptions {
        labels: args.labels.as_deref(),
        drop: &args.drop,
        data_dir: args.data_dir.as_deref(),
    };
    Source::of(&args.input, options)?.read()
}

#[cfg(feature = "images")]
fn pictures(args: &ConvertArgs) -> Result<Dataset, CliError> {
    use n2d::datasets::{ImageOptions, ReadErrorKind, read_images};

    if args.labels.is_some() || !args.drop.is_empty() || args.data_dir.is_some() {
        return Err(CliError::usage(
            "--labels, --drop and --data-dir are not for folders of pictures: folders in it are the classes",
        ));
    }
    let options = ImageOptions {
        size: args.size.map(|size| (size.0, size.1)),
        colour: args.colour,
    };
    read_images(&args.input, &options).map_err(|error| {
        let refusal = CliError::from_error(&error);
        match error.kind {
            ReadErrorKind::PictureSize { .. } => {
                refusal.with_hint("--size 64x64, for instance, resizes all pictures")
            }
            _ => refusal,
        }
    })
}

#[cfg(not(feature = "images"))]
fn pictures(args: &ConvertArgs) -> Result<Dataset, CliError> {
    Err(CliError::usage(format!(
        "{}: a folder of pictures needs the feature `images`, which this build lacks",
        args.input.display()
    )))
}

fn say(data: &Dataset, format: FileFormat, out: &Path) {
    let mut text = format!(
        "{}: {} x {}\n",
        out.display(),
        counted(data.n_samples(), "row"),
        counted(data.n_features(), "column")
    );
    if data.labels.is_some() && !format.has_names() {
        text.push_str(match format {
            FileFormat::Npz => "note: labels go as numbers, in the order of their names\n",
            _ => "note: the labels are not in it: .npy has none, .npz has their numbers, .csv and .parquet their names\n",
        });
    }
    log::tell(text.trim_end());
}

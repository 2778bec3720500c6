//! `n2d datasets`: the built-in sets and where they are.

use n2d::datasets::{DataDirs, Listing, Location};
use serde::Serialize;

use crate::args::{DatasetsAction, DatasetsArgs, FetchArgs, ListArgs};
use crate::data_dirs::{self, Named};
use crate::errors::{CliError, print_stdout};
use crate::text::{Align, Style, grouped, table};

/// Runs the command.
///
/// # Errors
/// Bad usage; what fetching says.
pub(crate) fn run(args: &DatasetsArgs) -> Result<(), CliError> {
    match &args.action {
        Some(DatasetsAction::Fetch(fetch)) => run_fetch(fetch),
        None => list(&args.list),
    }
}

#[cfg(feature = "download")]
fn run_fetch(args: &FetchArgs) -> Result<(), CliError> {
    crate::fetch_command::run(args)
}

#[cfg(not(feature = "download"))]
fn run_fetch(_: &FetchArgs) -> Result<(), CliError> {
    Err(
        CliError::failed("this n2d was built without the feature `download`")
            .with_hint("`n2d datasets` says how to get each data set by hand"),
    )
}

fn list(args: &ListArgs) -> Result<(), CliError> {
    let dirs = data_dirs::to_look_in(args.data_dir.as_deref())?;
    let named = data_dirs::named(args.data_dir.as_deref());
    let text = if args.json {
        json(&dirs)?
    } else {
        readable(&dirs.list(), &named, Style::of_stdout())
    };
    print_stdout(&text)
}

/// A set, for programs.
#[derive(Debug, Serialize)]
struct Entry {
    name: &'static str,
    description: &'static str,
    n_samples: usize,
    n_features: usize,
    n_classes: usize,
    /// `compiled in`, `folder` or `missing`.
    location: &'static str,
    folder: Option<String>,
    bytes: Option<u64>,
    can_be_fetched: bool,
    licence: &'static str,
}

#[derive(Debug, Serialize)]
struct Listed {
    data_dirs: Vec<String>,
    datasets: Vec<Entry>,
}

fn json(dirs: &DataDirs) -> Result<String, CliError> {
    let listed = Listed {
        data_dirs: dirs
            .as_slice()
            .iter()
            .map(|dir| dir.display().to_string())
            .collect(),
        datasets: dirs.list().iter().map(entry).collect(),
    };
    let line = serde_json::to_string(&listed).map_err(|error| CliError::from_error(&error))?;
    Ok(line + "\n")
}

fn entry(listing: &Listing) -> Entry {
    let info = listing.set.info();
    let (location, folder) = match &listing.location {
        Ok(Location::Folder(folder)) => ("folder", Some(folder.display().to_string())),
        Ok(_) => ("compiled in", None),
        Err(_) => ("missing", None),
    };
    Entry {
        name: info.name,
        description: info.description,
        n_samples: info.n_samples,
        n_features: info.n_features(),
        n_classes: info.n_classes(),
        location,
        folder,
        bytes: listing.bytes,
        can_be_fetched: cfg!(feature = "download") && !info.mirrors.is_empty(),
        licence: info.licence,
    }
}

fn readable(listings: &[Listing], dirs: &[Named], style: Style) -> String {
    let title = ["name", "rows", "columns", "classes", "where"].map(str::to_owned);
    let mut rows = vec![title.to_vec()];
    rows.extend(listings.iter().map(row));
    let align = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Left];
    let mut text = table("", &align, &rows);
    let by_hand: String = listings.iter().filter_map(by_hand).collect();
    if !by_hand.is_empty() {
        text.push_str(&format!("\n{}\n{by_hand}", style.bold("To be had by hand")));
    }
    let dirs = dirs
        .iter()
        .map(|dir| vec![dir.path.display().to_string(), format!("({})", dir.by)]);
    let dirs = table("  ", &[Align::Left, Align::Left], &dirs.collect::<Vec<_>>());
    text + &format!("\n{}\n{dirs}", style.bold("Data directories, in order"))
}

fn row(listing: &Listing) -> Vec<String> {
    let info = listing.set.info();
    let place = match &listing.location {
        Ok(Location::Folder(folder)) => folder.display().to_string(),
        Ok(_) => "compiled in".to_owned(),
        Err(_) if entry(listing).can_be_fetched => {
            format!("missing: n2d datasets fetch {}", info.name)
        }
        Err(_) => "missing".to_owned(),
    };
    vec![
        info.name.to_owned(),
        grouped(info.n_samples),
        grouped(info.n_features()),
        grouped(info.n_classes()),
        place,
    ]
}

/// How to get a set that is missing and can't be fetched.
fn by_hand(listing: &Listing) -> Option<String> {
    let info = listing.set.info();
    let needed = listing.location.is_err() && !entry(listing).can_be_fetched;
    needed.then(|| format!("  {}: {}\n", info.name, info.how_to_get))
}

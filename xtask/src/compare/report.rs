//! COMPARE.md: all records, as they are, under one roof.

use std::collections::BTreeMap;
use std::path::Path;

use super::{defaults, machine, manifold, runs, table};
use crate::reproduce;

/// A record's name in benches/records, its title, and what it is.
const RECORDS: [(&str, &str, &str); 13] = [
    (
        "pipeline",
        "Whole pipelines",
        "From rows to labels, each fit in a process of its own, the same data, network, settings of UMAP and number of epochs, everything else each one's own default: 47 epochs on pendigits, 20 on MNIST, mixtures of twenty beginnings here, of one in scikit-learn; without an encoder 10 components, and HDBSCAN with a hundredth of the rows as min_cluster_size and min_samples of 10, on both sides (`cargo xtask compare pipeline`). What importing and numba's compilation take is in no one's seconds. In the pipelines umap-learn has a seed, as ours has, and so one thread; on the raw rows it has none, and all cores.",
    ),
    (
        "reproduce",
        "The paper's tables over many seeds",
        "Rows of the paper's tables with this project's parts at their defaults (`cargo xtask reproduce`). The paper's figures are those of its method; its tables have other rows, too, which are not copied here. Seconds in the CSV were taken beside other work, and are no measure.",
    ),
    (
        "ensembles",
        "Ways to make one result of several",
        "Whole fits of the program at its defaults, over seeds (`cargo xtask compare ensembles`). Other work ran beside the ensembles of three on pendigits, whose seconds are no measure but for the least of the mean graphs, and beside all but seed 1 on MNIST, which has the least time.",
    ),
    (
        "networks",
        "Each encoder in a pipeline",
        "Whole fits of the program with each encoder, UMAP and a Gaussian mixture of ten beginnings by k-means on top, over seeds; networks are trained for 25 epochs, about half of the default (`cargo xtask compare networks`). Fits had one thread each and other work beside them: seconds are no measure.",
    ),
    (
        "growth",
        "Whole fits against the number of rows",
        "Made-up rows around ten centres, everything at its default: 50, 16 and 10 epochs (`cargo xtask compare growth`); the seconds of each stage are in the CSV and in docs/pictures.",
    ),
    (
        "criteria",
        "Choosing without labels",
        "How far criteria that need no labels follow the accuracy (`cargo xtask reproduce --sets pendigits,mnist-test --criteria benches/records/criteria.csv`, of 240 candidates from five seeds). Silhouette, the default of `n2d select`, has the greatest mean rank correlation with it; what the combined rank chooses among all candidates of a set loses a little less.",
    ),
    (
        "encoder",
        "Encoders by themselves",
        "The paper's network on MNIST (`cargo xtask compare encoder`).",
    ),
    (
        "defaults",
        "Training of the dense encoder",
        "What training gives the best clusters soonest (`cargo xtask compare defaults`): UMAP and a Gaussian mixture on top. Each candidate makes so many steps, or a hundredth as many epochs where that is more; those that are no finalists have two seeds, on small sets alone. Latents are 10 wide throughout, on phone sensors too, where the program's own default is one for each cluster, 6. Mixtures had ten beginnings by k-means. The default is Adam at a constant rate, with the row of 1000 steps for 500 and 2 000 rows, and with that of 2000 for the others: with half as many, MNIST, 10 000 rows of it, Fashion-MNIST and pendigits (little) have worse clusters, phone sensors better ones. On 500 rows 1000 steps are better than 2000, on 2 000 rows worse in the median.",
    ),
    (
        "manifold",
        "Neighbours and manifold learners by themselves",
        "On the latents of MNIST; ACC and NMI are those of a Gaussian mixture on top (`cargo xtask compare manifold`).",
    ),
    (
        "manifold-quality",
        "UMAP's embeddings over seeds",
        "Of the latents of four sets, 10 wide: median (least to most) of five seeds. The seconds were taken while other work ran on the machine, and are no measure of speed (`cargo xtask compare manifold-quality`).",
    ),
    (
        "manifold-growth",
        "UMAP against the number of rows",
        "Made-up rows of 32 columns, to 2 components (`cargo xtask compare manifold`).",
    ),
    (
        "cluster",
        "Clusterers by themselves",
        "On what UMAP makes of MNIST; \"times ours\" is the median of the ratios within the rounds (`cargo xtask compare cluster`).",
    ),
    (
        "cluster-growth",
        "HDBSCAN against the number of rows",
        "Made-up rows (`cargo xtask compare cluster`).",
    ),
];

/// Writes the tables of the records that are there, the file of all of them, and those that the README shows into it.
pub(crate) fn write(root: &Path) -> Result<(), String> {
    for (path, made) in files(root)? {
        let path = root.join(path);
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&*made) {
            std::fs::write(&path, made).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// All that follows from the records, by its path.
fn files(root: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut tables = BTreeMap::new();
    for (name, ..) in RECORDS {
        if let Ok(csv) = std::fs::read_to_string(root.join(format!("benches/records/{name}.csv"))) {
            tables.insert(format!("benches/records/{name}.md"), table_of(name, &csv)?);
        }
    }
    let read = |name: &str| tables.get(&format!("benches/records/{name}.md")).cloned();
    let readme =
        std::fs::read_to_string(root.join("README.md")).map_err(|error| format!("README.md: {error}"))?;
    let readme = with_records(&readme, read);
    let compare = text(read, &machine::read(root));
    tables.extend([
        ("README.md".to_owned(), readme),
        ("COMPARE.md".to_owned(), compare),
    ]);
    Ok(tables)
}

/// The table of a record.
fn table_of(name: &str, csv: &str) -> Result<String, String> {
    match name {
        "reproduce" => reproduce::table_of_rows(csv),
        "criteria" => reproduce::table_of_criteria(csv),
        "manifold-quality" => Ok(manifold::table_of_quality(csv)),
        "defaults" => Ok(defaults::table_of(csv)),
        "pipeline" | "ensembles" | "networks" | "growth" => runs::table_of(csv),
        _ => Ok(table::markdown(&table::parsed(csv))),
    }
}

/// A text in which what stands between `<!-- record NAME -->` and `<!-- end of NAME -->` is that record, in [`brief`].
fn with_records(text: &str, read: impl Fn(&str) -> Option<String>) -> String {
    let mut shown = text.to_owned();
    for (name, ..) in RECORDS {
        let (begin, end) = (
            format!("<!-- record {name} -->\n"),
            format!("<!-- end of {name} -->"),
        );
        let place = shown
            .find(&begin)
            .map(|at| at + begin.len())
            .zip(shown.find(&end));
        if let (Some((from, to)), Some(record)) = (place.filter(|(from, to)| from <= to), read(name)) {
            let brief = match name {
                "reproduce" => brief_tables(&record),
                _ => brief(&record),
            };
            shown.replace_range(from..to, &format!("\n{}\n\n", brief.trim_end()));
        }
    }
    shown
}

/// A record of matches with a line for each task: our seconds, and how many times as long the others took. Other records are whole.
fn brief(record: &str) -> String {
    let Some(lines) = record.strip_prefix(table::HEAD) else {
        return record.to_owned();
    };
    let mut tasks: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for line in lines.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [task, contender, seconds, ratio, ..] = cells[..] else {
            continue;
        };
        match tasks.last_mut().filter(|(known, ..)| *known == task) {
            Some((.., others)) => others.push(format!("{contender}: {ratio}")),
            None => tasks.push((task, seconds, Vec::new())),
        }
    }
    let mut text = "| task | n2d, seconds | the others, times as long |\n|---|---|---|\n".to_owned();
    for (task, seconds, others) in tasks {
        text += &format!("| {task} | {seconds} | {} |\n", others.join("; "));
    }
    text
}

/// Of the paper's tables the rows of its method, on all data sets.
fn brief_tables(record: &str) -> String {
    let mut text = String::new();
    let mut data = "";
    for line in record.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            data = name;
        } else if text.is_empty() && line.starts_with("| input |") {
            text = format!(
                "{}\n|{}\n",
                line.replacen("| input", "| data", 1),
                "---|".repeat(line.matches('|').count() - 1)
            );
        } else if let Some(rest) = line.strip_prefix("| ae | umap | ")
            && (rest.starts_with("gmm") || rest.starts_with("hdbscan"))
        {
            text += &format!("| {data} | umap | {rest}\n");
        }
    }
    text
}

fn text(read: impl Fn(&str) -> Option<String>, machines: &BTreeMap<String, String>) -> String {
    let mut text = "# Comparisons\n\nMade by `cargo xtask compare report` from [benches/records](benches/records), where every single run stands too.\n".to_owned();
    for (name, title, about) in RECORDS {
        if let Some(record) = read(name) {
            // A record's own sections go below this one's.
            let record = record.replace("\n## ", "\n### ");
            let machine = machines.get(name).map_or_else(
                || " The machine was not noted.".to_owned(),
                |machine| format!(" Last added to on: {machine}."),
            );
            text += &format!("\n## {title}\n\n{about}{machine}\n\n{}\n", record.trim_end());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_records_is_up_to_date() {
        let root = crate::cargo::workspace_root();
        for (path, made) in files(&root).unwrap() {
            let there = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
            assert!(
                there == made,
                "{path}: `cargo xtask compare report` makes it anew"
            );
        }
    }

    #[test]
    fn a_record_stands_where_a_text_asks_for_it() {
        let text = "before\n<!-- record cluster -->\nold\n<!-- end of cluster -->\nafter";
        let shown = with_records(text, |name| (name == "cluster").then(|| "| new |\n".to_owned()));
        let expected = "before\n<!-- record cluster -->\n\n| new |\n\n<!-- end of cluster -->\nafter";
        assert_eq!(shown, expected);
        assert_eq!(with_records(&shown, |_| None), shown);
    }

    #[test]
    fn matches_are_told_in_brief() {
        let lines = "| sort | n2d | 1.0 (0.9 to 1.1) | 1.00 | done |\n| sort | a | 2.0 (2.0 to 2.0) | 2.00 | done |\n| sort | b | 3.0 (3.0 to 3.0) | 3.00 | done |\n";
        let found = brief(&format!("{}{lines}", table::HEAD));
        assert!(
            found.ends_with("| sort | 1.0 (0.9 to 1.1) | a: 2.00; b: 3.00 |\n"),
            "{found}"
        );
        assert_eq!(brief("| other |\n"), "| other |\n");
    }

    #[test]
    fn tables_are_told_by_their_method() {
        let record = "## mnist\n\n| input | manifold | ACC |\n|---|---|---|\n| raw | umap | gmm | 1 |\n| ae | umap | gmm | 2 |\n\n## usps\n\n| ae | umap | kmeans | 3 |\n| ae | umap | hdbscan | 4 |\n";
        let expected = "| data | manifold | ACC |\n|---|---|---|\n| mnist | umap | gmm | 2 |\n| usps | umap | hdbscan | 4 |\n";
        assert_eq!(brief_tables(record), expected);
    }

    #[test]
    fn what_is_there_is_shown_and_what_is_not_is_left_out() {
        let machines = BTreeMap::from([("reproduce".to_owned(), "a processor; 2 threads".to_owned())]);
        let shown = text(
            |name| (name == "reproduce").then(|| "head\n\n## mnist\n\n| a |\n".to_owned()),
            &machines,
        );
        assert!(
            shown.contains(" Last added to on: a processor; 2 threads."),
            "{shown}"
        );
        assert!(
            shown.contains("## The paper's tables over many seeds\n"),
            "{shown}"
        );
        assert!(shown.contains("\n### mnist\n"), "{shown}");
        assert!(!shown.contains("Clusterers by themselves"), "{shown}");
        let unnoted = text(|_| Some("head\n".to_owned()), &BTreeMap::new());
        assert!(unnoted.contains(" The machine was not noted."), "{unnoted}");
    }
}

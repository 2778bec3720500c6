//! COMPARE.md: all records, as they are, under one roof.

use std::path::Path;

/// A record's name in benches/records, its title, and what it is.
const RECORDS: [(&str, &str, &str); 9] = [
    (
        "pipeline",
        "Whole pipelines",
        "From rows to labels, each fit in a process of its own, the same data, settings and number of epochs (`cargo xtask compare pipeline`).",
    ),
    (
        "reproduce",
        "The paper's tables over many seeds",
        "Rows of the paper's tables with this project's parts at their defaults (`cargo xtask reproduce`). These runs are from before the latest change of UMAP's layout.",
    ),
    (
        "criteria",
        "Choosing without labels",
        "How far criteria that need no labels follow the accuracy (`cargo xtask reproduce`). From 40 candidates on pendigits, also from before that change: too few to settle on one.",
    ),
    (
        "encoder",
        "Encoders by themselves",
        "The paper's network on MNIST (`cargo xtask compare encoder`).",
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

/// Writes the file from the records that are there.
pub(super) fn write(root: &Path) -> Result<(), String> {
    let read = |name: &str| std::fs::read_to_string(root.join(format!("benches/records/{name}.md"))).ok();
    let path = root.join("COMPARE.md");
    std::fs::write(&path, text(read)).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(read: impl Fn(&str) -> Option<String>) -> String {
    let mut text = "# Comparisons\n\nMade by `cargo xtask compare report` from [benches/records](benches/records), where every single run stands too.\n".to_owned();
    for (name, title, about) in RECORDS {
        if let Some(record) = read(name) {
            // A record's own sections go below this one's.
            let record = record.replace("\n## ", "\n### ");
            text += &format!("\n## {title}\n\n{about}\n\n{}\n", record.trim_end());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_shown_and_what_is_not_is_left_out() {
        let text = text(|name| (name == "reproduce").then(|| "head\n\n## mnist\n\n| a |\n".to_owned()));
        assert!(text.contains("## The paper's tables over many seeds\n"), "{text}");
        assert!(text.contains("\n### mnist\n"), "{text}");
        assert!(!text.contains("Clusterers by themselves"), "{text}");
    }
}

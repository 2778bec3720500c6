//! The result as people read it.

use n2d::{Report, Stage, Termination};

use crate::fit::{Finished, Known};
use crate::text::{Align, Style, counted, duration, figure, grouped, mebibytes, table};

const MOST_CLUSTERS_SHOWN: usize = 30;
const LONGEST_BAR: usize = 24;

/// The whole summary, ending with a line break.
pub(crate) fn text(run: &Finished<'_>, style: Style) -> String {
    let mut paragraphs = vec![data(run, style), stages(run, style)];
    paragraphs.extend(notes_text(run, style));
    paragraphs.push(clusters(run, style));
    paragraphs.extend(run.known.as_ref().map(|known| scores(known, style)));
    paragraphs.extend(written(run, style));
    paragraphs.join("\n")
}

fn data(run: &Finished<'_>, style: Style) -> String {
    let (name, scaling) = (style.bold(run.name), run.scaling);
    let mut size = format!(
        "{} x {}",
        counted(run.n_samples, "row"),
        counted(run.n_features, "column")
    );
    if let Some(n_classes) = run.n_classes {
        let plural = if n_classes == 1 { "class" } else { "classes" };
        size = format!("{size}, {} {plural}", grouped(n_classes));
    }
    format!("{name}  {size}; {scaling}\n")
}

/// Each stage with its part, its time and what it came to; all of them together.
fn stages(run: &Finished<'_>, style: Style) -> String {
    let names = [Stage::Encoder, Stage::Manifold, Stage::Clusterer].map(Stage::name);
    let row = |(name, report): (&str, &Report)| {
        let row = [
            name.to_owned(),
            report.part.clone(),
            duration(report.seconds),
            outcome(name, report),
        ];
        row.to_vec()
    };
    let mut rows: Vec<Vec<String>> = names.into_iter().zip(run.reports).map(row).collect();
    let peak = run
        .peak_rss_mib
        .map(|mib| format!(", peak memory {}", mebibytes(mib)));
    let setting = format!(
        "seed {}, {}{}",
        run.seed,
        counted(run.threads, "thread"),
        peak.unwrap_or_default()
    );
    let total = ["total".to_owned(), String::new(), duration(run.seconds), setting];
    rows.push(total.to_vec());
    let align = [Align::Left, Align::Left, Align::Right, Align::Left];
    format!("{}\n{}", style.bold("Stages"), table("  ", &align, &rows))
}

fn outcome(stage: &str, report: &Report) -> String {
    let unit = if stage == Stage::Encoder.name() {
        "epoch"
    } else {
        "round"
    };
    let rounds = counted(report.n_iter, unit);
    let ended = match report.termination {
        _ if report.n_iter == 0 => String::new(),
        Termination::Completed | Termination::ClosedForm => rounds,
        Termination::Converged => format!("converged after {rounds}"),
        other => format!("{rounds}, {other}"),
    };
    let reached = report
        .objective
        .map(|(name, value)| format!("{name} {}", figure(value)));
    let said = [Some(ended).filter(|ended| !ended.is_empty()), reached];
    said.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the user should know, and who says it.
pub(crate) fn notes<'a>(run: &'a Finished<'_>) -> impl Iterator<Item = (&'a str, &'a String)> {
    let of_data = run.notes.iter().map(|note| ("data", note));
    let of_parts = run
        .reports
        .iter()
        .flat_map(|report| report.notes.iter().map(|note| (report.part.as_str(), note)));
    of_data.chain(of_parts)
}

fn notes_text(run: &Finished<'_>, style: Style) -> Option<String> {
    let lines: Vec<String> = notes(run)
        .map(|(who, note)| format!("  {who}: {note}\n"))
        .collect();
    (!lines.is_empty()).then(|| format!("{}\n{}", style.bold("Notes"), lines.concat()))
}

fn clusters(run: &Finished<'_>, style: Style) -> String {
    let sizes = run.cluster_sizes();
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let mostly = |cluster: usize| {
        run.known
            .as_ref()
            .and_then(|known| known.mostly.get(cluster)?.clone())
    };
    let row = |(cluster, &size): (usize, &usize)| {
        let class = mostly(cluster).map(|(name, share)| format!("{name} {}", percent(share)));
        let row = [
            cluster.to_string(),
            grouped(size),
            percent(size as f64 / run.n_samples as f64),
            bar(size, largest),
            class.unwrap_or_default(),
        ];
        row.to_vec()
    };
    let last = if run.known.is_some() { "mostly" } else { "" };
    let mut rows = vec![["cluster", "rows", "share", "", last].map(str::to_owned).to_vec()];
    rows.extend(sizes.iter().enumerate().take(MOST_CLUSTERS_SHOWN).map(row));
    let n_noise = run.labels.n_noise();
    if n_noise > 0 {
        let share = percent(n_noise as f64 / run.n_samples as f64);
        rows.push(vec!["noise".to_owned(), grouped(n_noise), share]);
    }
    let align = [Align::Right, Align::Right, Align::Right, Align::Left, Align::Left];
    let title = style.bold(&counted(sizes.len(), "cluster"));
    let mut text = format!("{title}\n{}", table("  ", &align, &rows));
    if sizes.len() > MOST_CLUSTERS_SHOWN {
        let more = grouped(sizes.len() - MOST_CLUSTERS_SHOWN);
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A bar in steps of an eighth of a character.
fn bar(size: usize, largest: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (size * LONGEST_BAR * 8).div_ceil(largest.max(1));
    format!("{}{}", "█".repeat(eighths / 8), PARTS[eighths % 8])
}

fn scores(known: &Known, style: Style) -> String {
    let scores = style.bold(&known.assessment.to_string());
    let hint = "  agreement with the known classes, 1 at best: share of rows in the right cluster,\n  \
                mutual information, pairs of rows (0 by chance)\n";
    format!("{scores}\n{}\n", style.dim(hint.trim_end()))
}

fn written(run: &Finished<'_>, style: Style) -> Option<String> {
    let row = |kept: &crate::interrupt::Kept| vec![kept.path.display().to_string(), kept.what.clone()];
    let rows: Vec<Vec<String>> = run.written.iter().map(row).collect();
    let files = table("  ", &[Align::Left, Align::Left], &rows);
    (!rows.is_empty()).then(|| format!("{}\n{files}", style.bold("Written")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use n2d::Labels;

    fn report(part: &str, termination: Termination) -> Report {
        Report::new(part, termination).with_n_iter(12)
    }

    fn finished<'a>(labels: &'a Labels, n_clusters: usize, reports: &'a [Report]) -> Finished<'a> {
        Finished {
            name: "points",
            n_samples: labels.len(),
            n_features: 1,
            n_classes: None,
            scaling: "values as they are",
            notes: &[],
            seed: 3,
            threads: 1,
            labels,
            n_clusters,
            reports,
            known: None,
            written: Vec::new(),
            seconds: 100.0,
            peak_rss_mib: None,
        }
    }

    #[test]
    fn says_all_there_is_and_nothing_else() {
        let reports = [
            report("dense", Termination::Completed).with_objective("loss", 0.0123456),
            report("umap", Termination::Stopped),
            report("gmm", Termination::MaxIter).with_note("one was left out"),
        ];
        let labels = Labels::new(vec![0, 0, 0, 0, 2, -1]).unwrap();
        let text = text(&finished(&labels, 3, &reports), Style::plain());
        let expected = "\
points  6 rows x 1 column; values as they are

Stages
  encoder    dense     0.000 s  12 epochs, loss 0.01235
  manifold   umap      0.000 s  12 rounds, stopped on request
  clusterer  gmm       0.000 s  12 rounds, not converged: max_iter reached
  total             1 min 40 s  seed 3, 1 thread

Notes
  gmm: one was left out

3 clusters
  cluster  rows   share
        0     4  66.7 %  ████████████████████████
        1     0   0.0 %
        2     1  16.7 %  ██████
    noise     1  16.7 %
";
        assert_eq!(text, expected);
    }

    #[test]
    fn many_clusters_are_cut_short() {
        let labels = Labels::new((0..40).collect()).unwrap();
        let text = text(&finished(&labels, 40, &[]), Style::plain());
        assert!(text.ends_with("  and 10 more\n"), "{text}");
    }
}

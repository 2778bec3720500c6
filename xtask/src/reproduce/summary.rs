//! The table of all seeds of each row: median, quartiles and worst, beside the paper's figure.

use std::collections::BTreeMap;

use super::paper;

/// ACC, NMI and ARI of the seeds of one row.
#[derive(Default)]
struct Seeds([Vec<f64>; 3]);

/// The rows of the record in the order in which they were first written.
struct Rows {
    names: Vec<[String; 4]>,
    seeds: BTreeMap<[String; 4], Seeds>,
}

/// A table for each data set.
pub(super) fn markdown(record: &str) -> Result<String, String> {
    let rows = read(record)?;
    let mut sets: Vec<&String> = rows.names.iter().map(|name| &name[0]).collect();
    sets.sort();
    sets.dedup();
    let mut text = String::from(
        "Made by `cargo xtask reproduce` from reproduce.csv. Quartiles are those of all seeds; \"ae\" is the autoencoder at its default number of \
         epochs. The paper's figures are of one run with 1000 epochs.\n",
    );
    for set in sets {
        text += &format!("\n## {set}\n\n");
        text += "| input | manifold | clusterer | seeds | ACC median (quartiles) | ACC worst | NMI median (worst) | ARI median (worst) | the paper |\n";
        text += "|---|---|---|---|---|---|---|---|---|\n";
        for name in rows.names.iter().filter(|name| name[0] == *set) {
            text += &line(name, &rows.seeds[name]);
        }
    }
    Ok(text)
}

fn read(record: &str) -> Result<Rows, String> {
    let mut rows = Rows {
        names: Vec::new(),
        seeds: BTreeMap::new(),
    };
    for (number, line) in record.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let bad = || format!("line {} of the record: `{line}`", number + 1);
        let [data, input, manifold, clusterer, _, acc, nmi, ari, ..] = cells[..] else {
            return Err(bad());
        };
        let name = [data, input, manifold, clusterer].map(str::to_owned);
        if !rows.seeds.contains_key(&name) {
            rows.names.push(name.clone());
        }
        let seeds = rows.seeds.entry(name).or_default();
        for (figures, cell) in seeds.0.iter_mut().zip([acc, nmi, ari]) {
            figures.push(cell.parse().map_err(|_| bad())?);
        }
    }
    Ok(rows)
}

fn line(name: &[String; 4], seeds: &Seeds) -> String {
    let [acc, nmi, ari] = &seeds.0;
    let [_, input, manifold, clusterer] = name;
    let is_n2d = (input.as_str(), manifold.as_str(), clusterer.as_str()) == ("ae", "umap", "gmm");
    let paper = paper::n2d(&name[0]).filter(|_| is_n2d);
    let paper = paper.map_or_else(String::new, |(acc, nmi)| format!("ACC {acc:.3}, NMI {nmi:.3}"));
    let median_and_worst =
        |figures: &[f64]| format!("{:.3} ({:.3})", quantile(figures, 0.5), quantile(figures, 0.0));
    format!(
        "| {input} | {manifold} | {clusterer} | {} | {:.3} ({:.3} to {:.3}) | {:.3} | {} | {} | {paper} |\n",
        acc.len(),
        quantile(acc, 0.5),
        quantile(acc, 0.25),
        quantile(acc, 0.75),
        quantile(acc, 0.0),
        median_and_worst(nmi),
        median_and_worst(ari),
    )
}

/// By linear interpolation between the values in order, as numpy's default.
pub(super) fn quantile(figures: &[f64], at: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = at * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "head
pendigits,ae,umap,gmm,0,0.9,0.8,0.7,0,10,1,1,1
pendigits,raw,none,kmeans,0,0.5,0.5,0.5,0,10,1,1,1
pendigits,ae,umap,gmm,1,0.7,0.9,0.6,0,10,1,1,1
";

    #[test]
    fn seeds_of_a_row_are_summed_up() {
        let table = markdown(RECORD).unwrap();
        assert!(
            table.contains(
                "| ae | umap | gmm | 2 | 0.800 (0.750 to 0.850) | 0.700 | 0.850 (0.800) | 0.650 (0.600) | ACC 0.885, NMI 0.863 |"
            ),
            "{table}"
        );
        assert!(table.contains("| raw | none | kmeans | 1 |"), "{table}");
    }

    #[test]
    fn a_damaged_record_is_named() {
        assert!(markdown("head\nx,y").unwrap_err().contains("line 2"));
        assert!(markdown("head\na,b,c,d,0,x,1,1").is_err());
    }
}

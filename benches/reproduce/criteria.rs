//! Criteria without labels beside the accuracy, of every row that has been fitted: by which of them would one have chosen well?

use std::collections::BTreeSet;
use std::path::Path;

use n2d::datasets::BuiltIn;
use n2d::persist::write_atomically;
use n2d::prelude::*;
use n2d::selection::{Scores, stabilities, trustworthiness};
use ndarray::Array2;

use crate::arguments::Arguments;
use crate::cache::Cache;
use crate::record::check_head;
use crate::rows::{Input, Learner, Shallow};
use crate::{Fallible, Work};

const HEAD: &str = "data,input,manifold,clusterer,seed,acc,silhouette,dbcv,trustworthiness,stability";

/// Rows with a manifold learner, which has an embedding to measure in. Once all are measured, they take the place of the lines that the file has of the same data and input.
pub(crate) fn measure(arguments: &Arguments, set: BuiltIn, data: &Dataset, path: &Path) -> Fallible<()> {
    let mut measured = Vec::new();
    for input in Input::ALL {
        for learner in Learner::ALL
            .into_iter()
            .filter(|&learner| learner != Learner::Unembedded)
        {
            let rows: Vec<Shallow> = Shallow::ALL
                .into_iter()
                .filter(|&shallow| arguments.wants(input, learner, shallow))
                .collect();
            if rows.is_empty() {
                continue;
            }
            let embeddings = embeddings(arguments, set, data, input, learner)?;
            for shallow in rows {
                let key = [
                    set.name(),
                    &input.name(arguments.epochs),
                    learner.name(),
                    shallow.name(),
                ];
                for line in lines(key, shallow, data, &embeddings)? {
                    println!("{line}");
                    measured.push(line);
                }
            }
        }
    }
    replace(path, &measured)
}

/// That the file is of criteria, or not there and can be: known before anything is measured.
pub(crate) fn check(path: &Path) -> Fallible<()> {
    if path.exists() {
        return check_head(HEAD, &std::fs::read_to_string(path)?, path);
    }
    Ok(std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?)
}

/// The file with these lines in place of those that it has of the same data and input.
fn replace(path: &Path, measured: &[String]) -> Fallible<()> {
    let text = if path.exists() {
        std::fs::read_to_string(path)?
    } else {
        String::new()
    };
    let of = |line: &str| line.split(',').take(2).map(str::to_owned).collect::<Vec<_>>();
    let anew: BTreeSet<Vec<String>> = measured.iter().map(|line| of(line)).collect();
    let kept = text.lines().skip(1).filter(|line| !anew.contains(&of(line)));
    let lines: String = kept
        .chain(measured.iter().map(String::as_str))
        .map(|line| format!("{line}\n"))
        .collect();
    // Never half a file: what it has may have taken hours.
    Ok(write_atomically(path, |file| write!(file, "{HEAD}\n{lines}"))?)
}

/// The embedding of each seed, and its trustworthiness.
type Embedded = Vec<(Array2<f32>, Option<f64>)>;

fn embeddings(
    arguments: &Arguments,
    set: BuiltIn,
    data: &Dataset,
    input: Input,
    learner: Learner,
) -> Fallible<Embedded> {
    let one = |seed| {
        let work = Work {
            arguments,
            set,
            data,
            seed,
            input,
        };
        let cache = Cache::new(&arguments.cache, set.name(), seed);
        let latents = work.latents(&cache)?;
        let name = format!("{}-{}", input.name(arguments.epochs), learner.name());
        let (y, _) = learner.embed(&latents, set.info().n_classes(), seed, &name, &cache)?;
        let found = trustworthiness(
            data.samples()?,
            Samples::new(y.view())?,
            &mut FitContext::new(seed),
        )?;
        Ok((y, found))
    };
    (0..arguments.seeds).map(one).collect()
}

fn lines(key: [&str; 4], shallow: Shallow, data: &Dataset, embeddings: &Embedded) -> Fallible<Vec<String>> {
    let classes = data.labels.as_ref().ok_or("a set without classes")?;
    let labels = (0_u64..)
        .zip(embeddings)
        .map(|(seed, (y, _))| shallow.labels(Samples::new(y.view())?, classes.n_clusters(), seed))
        .collect::<Fallible<Vec<Labels>>>()?;
    let stabilities = stabilities(&labels.iter().collect::<Vec<_>>())?;
    let mut lines = Vec::new();
    for (seed, (labels, (y, trustworthiness))) in labels.iter().zip(embeddings).enumerate() {
        let scores = Scores::of_clusters(Samples::new(y.view())?, labels, &mut FitContext::new(seed as u64))?;
        let figures = [
            Some(labels.assess(classes)?.acc),
            scores.silhouette,
            scores.dbcv,
            *trustworthiness,
            stabilities.as_ref().map(|stabilities| stabilities[seed]),
        ];
        let figures = figures.map(|figure| figure.map_or_else(String::new, |figure| format!("{figure:.5}")));
        lines.push(format!("{},{seed},{}", key.join(","), figures.join(",")));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_take_the_place_of_those_of_the_same_data_and_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("criteria.csv");
        let lines = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        check(&path).unwrap();
        replace(&path, &lines(&["mnist,ae,1", "mnist,ae,2", "mnist,raw,3"])).unwrap();
        replace(&path, &lines(&["mnist-test,ae,4"])).unwrap();
        replace(&path, &lines(&["mnist,ae,5"])).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            format!("{HEAD}\nmnist,raw,3\nmnist-test,ae,4\nmnist,ae,5\n")
        );
        check(&path).unwrap();
        std::fs::write(&path, "another,file\n").unwrap();
        assert!(
            check(&path)
                .unwrap_err()
                .to_string()
                .contains("its first line must be data,input")
        );
    }
}

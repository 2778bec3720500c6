//! Damaged files of every kind that n2d reads, for so many seconds: `cargo xtask fuzz SECONDS`. Each is an error or is read; none panics.
// A program whose output is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use n2d::datasets::{FileFormat, read_bytes, read_chunks, read_labels_for, write_dataset};
use n2d::persist::State;
use n2d::prelude::*;
use n2d::{Checkpoints, Every, RunConfig};
use n2d_testkit::mutated_files;

/// Damaged files of one seed, before the next target's turn.
const TURN: usize = 200;

/// What is read, what it is damaged from, and how it is read.
struct Target {
    name: String,
    good: Vec<u8>,
    read: Box<dyn Fn(&[u8]) + std::panic::RefUnwindSafe>,
}

fn main() -> ExitCode {
    let seconds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(60);
    let end = Instant::now() + Duration::from_secs(seconds);
    let targets = targets();
    let mut counts = vec![0_usize; targets.len()];
    for seed in 0.. {
        for (target, count) in targets.iter().zip(&mut counts) {
            for file in mutated_files(&target.good, TURN, seed) {
                if catch_unwind(|| (target.read)(&file.bytes)).is_err() {
                    eprintln!("{}: {} made a panic", target.name, file.what);
                    return ExitCode::FAILURE;
                }
                *count += 1;
            }
            if Instant::now() > end {
                for (target, count) in targets.iter().zip(&counts) {
                    println!("{:>8} of {}", count, target.name);
                }
                return ExitCode::SUCCESS;
            }
        }
    }
    ExitCode::SUCCESS
}

fn targets() -> Vec<Target> {
    let mut targets = vec![Target {
        name: "n2d.toml".into(),
        good: b"seed = 1\nn_clusters = 3\n[data]\ninput = 'a.csv'\n[manifold]\nname = 'umap'\nn_neighbors = 30\n".to_vec(),
        read: Box::new(|bytes| {
            let registry = Registry::default();
            if let Ok(run) = RunConfig::from_toml(&String::from_utf8_lossy(bytes)) {
                let _ = (run.to_toml(&registry), registry.build(&run.pipeline));
            }
        }),
    }];
    targets.extend(golden_models());
    let data = [
        ("a.csv", csv()),
        (
            "a.tsv",
            csv()
                .iter()
                .map(|b| if *b == b',' { b'\t' } else { *b })
                .collect(),
        ),
        ("a.npy", npy()),
        ("a.idx", idx()),
    ];
    let written = [
        ("a.npz", FileFormat::Npz),
        ("a.parquet", FileFormat::Parquet),
        ("a.arrow", FileFormat::Arrow),
    ];
    let written = written.map(|(name, format)| (name, in_format(format)));
    targets.extend(data.into_iter().chain(written).map(|(name, good)| Target {
        name: name.into(),
        good,
        read: Box::new(move |bytes| read_all_ways(name, bytes)),
    }));
    targets.push(Target {
        name: "labels.txt".into(),
        good: b"a\nb\na\n\"c\"\nb\na\n".to_vec(),
        read: Box::new(|bytes| {
            in_file("labels.txt", bytes, |path| drop(read_labels_for(path, None, 6)));
        }),
    });
    targets.push(checkpoint());
    targets
}

/// A file of rows and labels as our own writer makes it.
fn in_format(format: FileFormat) -> Vec<u8> {
    let mut data = read_bytes("a.csv", &csv(), &labelled()).expect("a good file");
    data.name = "a".into();
    let mut bytes = Vec::new();
    write_dataset(&data, format, &mut bytes).expect("into memory");
    bytes
}

/// How far a training is, and as a file of weights.
fn checkpoint() -> Target {
    let rows: Vec<f32> = (0..64).map(|i| (i % 7) as f32 / 7.0).collect();
    let fit = move |checkpoints: Option<Checkpoints>, weights: Option<&Path>| {
        let config = DenseAutoencoderConfig {
            hidden: vec![4],
            n_epochs: Some(2),
            weights: weights.map(|path| path.display().to_string()),
            ..DenseAutoencoderConfig::new(2)
        };
        let mut ctx = FitContext::new(1);
        if let Some(checkpoints) = checkpoints {
            ctx = ctx.with_checkpoints(checkpoints);
        }
        let x = Samples::from_rows(&rows, 4).expect("good rows");
        drop(config.build().expect("good options").fit(x, &mut ctx));
    };
    let mut good = Vec::new();
    in_file("a.ckpt", &[], |path| {
        fit(Some(Checkpoints::new(path, Every::Epochs(1))), None);
        good = std::fs::read(path).unwrap_or_default();
    });
    Target {
        name: "a.ckpt".into(),
        good,
        read: Box::new(move |bytes| {
            in_file("a.ckpt", bytes, |path| {
                fit(Some(Checkpoints::new(path, Every::Epochs(9)).resuming()), None);
            });
            in_file("a.safetensors", bytes, |path| fit(None, Some(path)));
        }),
    }
}

/// Puts bytes into a file for as long as they are read.
fn in_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let path = std::env::temp_dir().join(format!("n2d-fuzz-{}-{name}", std::process::id()));
    if std::fs::write(&path, bytes).is_ok() {
        read(&path);
        let _ = std::fs::remove_file(&path);
    }
}

fn labelled() -> ReadOptions {
    ReadOptions {
        label_column: Some("kind".into()),
        ..ReadOptions::default()
    }
}

/// Models of every version of the format, as they lie in the repository.
fn golden_models() -> Vec<Target> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "n2d"))
        .collect();
    files.sort();
    let target = |path: PathBuf| {
        Some(Target {
            name: path.file_name()?.to_string_lossy().into_owned(),
            good: std::fs::read(&path).ok()?,
            read: Box::new(|bytes: &[u8]| {
                let state = State::from_bytes(bytes.to_vec());
                let model = state.and_then(|state| Model::from_state(&state, &Registry::default()));
                if let (Ok(model), Ok(x)) = (model, Samples::from_rows(&[0.5; 32], 16)) {
                    let _ = (model.assign(x), model.reconstruct(x));
                }
            }),
        })
    };
    files.into_iter().filter_map(target).collect()
}

fn read_all_ways(name: &str, bytes: &[u8]) {
    for options in [ReadOptions::default(), labelled()] {
        let _ = read_bytes(name, bytes, &options);
    }
    in_file(name, bytes, |path| {
        if let Ok(chunks) = read_chunks(path, &ReadOptions::default(), 3) {
            chunks.for_each(drop);
        }
    });
}

fn csv() -> Vec<u8> {
    let row = |i: usize| format!("{i}.5,\"{}\",{},-1e{i}\n", i * 2, ["a", "b"][i % 2]);
    ("x,y,kind,z\n".to_owned() + &(0..9).map(row).collect::<String>()).into_bytes()
}

fn npy() -> Vec<u8> {
    let dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 2), }\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.as_bytes());
    bytes.extend((0_u8..12).flat_map(|i| f32::from(i).to_le_bytes()));
    bytes
}

fn idx() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 2, 0, 0, 0, 6, 0, 0, 0, 2];
    bytes.extend(0..12);
    bytes
}

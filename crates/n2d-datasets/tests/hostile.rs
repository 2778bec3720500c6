//! No bytes make a reader panic, run away, or return data that no stage could use.
// Clippy sees no test in the helpers of an integration test.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use n2d_datasets::{ReadOptions, read_bytes};
use npyz::WriterBuilder;
use proptest::prelude::*;

fn npy() -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().default_dtype().shape(&[4, 3]);
    let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
    writer.extend((0..12).map(|v| v as f32)).unwrap();
    writer.finish().unwrap();
    bytes
}

fn npz() -> Vec<u8> {
    let mut archive = npyz::npz::NpzWriter::new(Cursor::new(Vec::new()));
    for (name, shape) in [("x", &[4, 3][..]), ("y", &[4])] {
        let array = archive.array(name, Default::default()).unwrap();
        let mut writer = array.default_dtype().shape(shape).begin_nd().unwrap();
        writer.extend(0..shape.iter().product::<u64>() as i32).unwrap();
        writer.finish().unwrap();
    }
    archive.zip_writer().finish().unwrap().into_inner()
}

fn idx() -> Vec<u8> {
    [&[0, 0, 8, 2, 0, 0, 0, 4, 0, 0, 0, 3][..], &[7; 12]].concat()
}

fn csv() -> Vec<u8> {
    b"x,\"y\",kind\n1,2,a\n-3.5,4e2,b\n\n\"5\",6,\"c, d\"\n".to_vec()
}

fn gz(bytes: Vec<u8>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads; what is read must be usable.
fn survives(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let labelled = ReadOptions {
        label_column: Some("kind".into()),
        ..ReadOptions::default()
    };
    for options in [ReadOptions::default(), labelled] {
        if let Ok(data) = read_bytes(name, bytes, &options) {
            prop_assert!(data.samples().is_ok());
            prop_assert_eq!(data.row_shape.iter().product::<usize>(), data.n_features());
            prop_assert!(data.labels.is_none_or(|labels| labels.len() == data.x.nrows()));
        }
    }
    Ok(())
}

#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let at = any::<prop::sample::Index>;
    let change = prop_oneof![
        6 => (at(), any::<u8>()).prop_map(|(i, b)| Change::Set(i, b)),
        1 => at().prop_map(Change::Cut),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..12)).prop_map(|(i, b)| Change::Insert(i, b)),
    ];
    prop::collection::vec(change, 1..6)
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let n = bytes.len();
        match change {
            Change::Set(at, byte) => bytes[at.index(n)] = *byte,
            Change::Cut(at) => bytes.truncate(at.index(n)),
            Change::Insert(at, more) => {
                let at = at.index(n);
                bytes.splice(at..at, more.iter().copied());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn changed_files_are_read_or_refused(changes in changes(), kind in 0..4_usize, packed in any::<bool>()) {
        let (name, good) = [("a.npy", npy()), ("a.npz", npz()), ("a", idx()), ("a.csv", csv())][kind].clone();
        survives(name, &changed(good.clone(), &changes))?;
        if packed {
            survives(name, &gz(changed(good.clone(), &changes)))?;
            survives(name, &changed(gz(good), &changes))?;
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), ending in 0..6_usize) {
        let name = ["a.npy", "a.npz", "a.csv", "a.tsv", "a.txt", "a"][ending];
        survives(name, &bytes)?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9a,;\\t \"\\r\\n.eEn+-]{0,80}") {
        survives("a.csv", text.as_bytes())?;
        survives("a.txt", text.as_bytes())?;
    }

    #[test]
    fn any_header_is_read_or_refused(shape in prop::collection::vec(any::<u64>(), 0..4), descr in "[<>|=]?[a-zA-Z?][0-9]{0,3}") {
        let tuple: String = shape.iter().map(|d| format!("{d},")).collect();
        let header = format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': ({tuple}), }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        survives("a.npy", &bytes)?;
        survives("a.npy", &gz(bytes))?;
    }

    #[test]
    fn what_is_written_is_what_is_read(rows in prop::collection::vec(prop::array::uniform3(-1e30_f32..1e30), 2..20)) {
        let lines = rows.iter().map(|r| format!("{:?},{:e},{}\n", r[0], r[1], r[2]));
        let data = read_bytes("a.csv", lines.collect::<String>().as_bytes(), &ReadOptions::default()).unwrap();
        prop_assert_eq!(data.x.rows().into_iter().map(|r| r.to_vec()).collect::<Vec<_>>(),
            rows.iter().map(|r| r.to_vec()).collect::<Vec<_>>());
    }
}

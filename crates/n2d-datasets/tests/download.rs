//! Fetching, against a server on the loopback interface.
#![cfg(all(feature = "download", feature = "embedded-pendigits"))]
// Clippy sees no test in the helpers of an integration test.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use n2d_core::CancelToken;
use n2d_datasets::{BuiltIn, DownloadError, FetchOptions, FetchProgress, TryError, fetch};

const TRA_GZ: &[u8] = include_bytes!("../data/pendigits.tra.gz");
const TES_GZ: &[u8] = include_bytes!("../data/pendigits.tes.gz");

/// What a request asked for.
#[derive(Clone, Debug, PartialEq)]
struct Request {
    path: String,
    range: Option<usize>,
}

/// Answers each request, one a connection, with what `answer` writes.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn new(answer: impl Fn(&Request, usize) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                let number = seen.lock().unwrap().len();
                seen.lock().unwrap().push(request.clone());
                // The client may have given up.
                let _ = stream.write_all(&answer(&request, number));
            }
        });
        Self { address, requests }
    }

    fn options(&self) -> FetchOptions {
        FetchOptions {
            mirrors: Some(vec![self.address.clone()]),
            ..FetchOptions::default()
        }
    }

    fn ranges(&self, path: &str) -> Vec<Option<usize>> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|r| r.path == path)
            .map(|r| r.range)
            .collect()
    }
}

fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
    let range = text
        .split_once("range: bytes=")
        .map(|(_, rest)| rest.split('-').next().unwrap().parse().unwrap());
    let path = text.split(' ').nth(1).unwrap().to_owned();
    Request { path, range }
}

fn plain(gz: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(gz).read_to_end(&mut bytes).unwrap();
    bytes
}

fn file_of(request: &Request) -> Vec<u8> {
    match request.path.as_str() {
        "/pendigits.tra" => plain(TRA_GZ),
        "/pendigits.tes" => plain(TES_GZ),
        other => panic!("{other} was asked for"),
    }
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n").into_bytes();
    bytes.extend(body);
    bytes
}

fn whole(body: &[u8]) -> Vec<u8> {
    response("200 OK", &format!("Content-Length: {}\r\n", body.len()), body)
}

/// As a server that understands ranges.
fn ranged(request: &Request) -> Vec<u8> {
    let body = file_of(request);
    let Some(first) = request.range else {
        return whole(&body);
    };
    if first >= body.len() {
        return response("416 Range Not Satisfiable", "Content-Length: 0\r\n", b"");
    }
    let (last, total) = (body.len() - 1, body.len());
    let length = total - first;
    let headers = format!("Content-Length: {length}\r\nContent-Range: bytes {first}-{last}/{total}\r\n");
    response("206 Partial Content", &headers, &body[first..])
}

fn quietly(set: BuiltIn, dir: &Path, options: &FetchOptions) -> Result<std::path::PathBuf, DownloadError> {
    fetch(set, dir, options, &mut |_| {})
}

fn files_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_set_is_fetched_verified_loaded_and_not_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(|request, _| ranged(request));
    let mut last = Vec::new();
    let mut watch = |progress: &FetchProgress<'_>| {
        last.retain(|(file, _, _)| file != progress.file);
        last.push((progress.file.to_owned(), progress.bytes, progress.total));
    };
    let folder = fetch(BuiltIn::Pendigits, dir.path(), &server.options(), &mut watch).unwrap();
    assert_eq!(folder, dir.path().join("pendigits"));
    assert_eq!(files_in(&folder), ["pendigits.tes", "pendigits.tra"]);
    let expected = [("pendigits.tra", 502_098), ("pendigits.tes", 234_366)];
    assert_eq!(last, expected.map(|(file, n)| (file.to_owned(), n, Some(n))));

    let fetched = BuiltIn::Pendigits.load_folder(&folder).unwrap();
    assert_eq!(
        fetched,
        BuiltIn::Pendigits.load(&n2d_datasets::DataDirs::none()).unwrap()
    );

    quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap();
    assert_eq!(server.requests.lock().unwrap().len(), 2);
}

#[test]
fn a_mirror_may_compress_in_its_own_way() {
    let dir = tempfile::tempdir().unwrap();
    // Sent under the plain name, compressed: the content is what counts.
    let server = Server::new(|request, _| match request.path.as_str() {
        "/pendigits.tra" => whole(TRA_GZ),
        _ => whole(TES_GZ),
    });
    let folder = quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap();
    assert_eq!(
        BuiltIn::Pendigits.load_folder(&folder).unwrap().n_samples(),
        10_992
    );
}

#[test]
fn a_cut_connection_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(|request, number| {
        let mut answer = ranged(request);
        if number == 0 {
            answer.truncate(100_000);
        }
        answer
    });
    let folder = quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap();
    let ranges = server.ranges("/pendigits.tra");
    assert_eq!(ranges.len(), 2);
    assert_eq!(ranges[0], None);
    assert!(
        ranges[1].is_some_and(|first| first > 90_000 && first <= 100_000),
        "{ranges:?}"
    );
    assert_eq!(files_in(&folder), ["pendigits.tes", "pendigits.tra"]);
}

#[test]
fn what_an_earlier_call_left_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pendigits");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pendigits.tra.part"), &plain(TRA_GZ)[..1234]).unwrap();
    std::fs::write(folder.join("pendigits.tes.part"), plain(TES_GZ)).unwrap();
    let server = Server::new(|request, _| ranged(request));
    quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap();
    assert_eq!(server.ranges("/pendigits.tra"), [Some(1234)]);
    assert!(server.ranges("/pendigits.tes").is_empty(), "it was complete");
    assert_eq!(files_in(&folder), ["pendigits.tes", "pendigits.tra"]);
}

#[test]
fn what_does_not_fit_what_was_left_is_fetched_anew() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pendigits");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pendigits.tra.part"), [b'x'; 1234]).unwrap();
    // Longer than the file: the server has no such range.
    std::fs::write(folder.join("pendigits.tes.part"), vec![b'x'; 250_000]).unwrap();
    let server = Server::new(|request, _| ranged(request));
    quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap();
    assert_eq!(server.ranges("/pendigits.tra"), [Some(1234), None]);
    assert_eq!(server.ranges("/pendigits.tes"), [Some(250_000), None]);
    assert_eq!(files_in(&folder), ["pendigits.tes", "pendigits.tra"]);
}

#[test]
fn a_server_may_ignore_the_range() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pendigits");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pendigits.tra.part"), &plain(TRA_GZ)[..1234]).unwrap();
    let server = Server::new(|request, _| whole(&file_of(request)));
    quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap();
    assert_eq!(server.ranges("/pendigits.tra"), [Some(1234)]);
    assert_eq!(
        std::fs::read(folder.join("pendigits.tra")).unwrap(),
        plain(TRA_GZ)
    );
}

#[test]
fn a_wrong_content_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::new(|request, _| {
        let mut body = file_of(request);
        body[0] ^= 1;
        whole(&body)
    });
    let error = quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap_err();
    let DownloadError::Failed { file, tries } = error else {
        panic!("{error}");
    };
    assert_eq!((file, tries.len()), ("pendigits.tra", 1));
    assert!(
        matches!(tries[0].error, TryError::WrongDigest { .. }),
        "{}",
        tries[0]
    );
    assert!(files_in(&dir.path().join("pendigits")).is_empty());
}

#[test]
fn a_wrong_file_in_place_is_replaced_and_endless_ones_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pendigits");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pendigits.tra"), b"old").unwrap();
    let server = Server::new(|request, _| match request.path.as_str() {
        "/pendigits.tra" => ranged(request),
        _ => response("200 OK", "", &[b'1'; 1_000_000]),
    });
    let error = quietly(BuiltIn::Pendigits, dir.path(), &server.options()).unwrap_err();
    assert!(
        error.to_string().contains("more bytes came than the file has"),
        "{error}"
    );
    assert_eq!(
        std::fs::read(folder.join("pendigits.tra")).unwrap(),
        plain(TRA_GZ)
    );
    assert_eq!(files_in(&folder), ["pendigits.tra"]);
}

#[test]
fn the_next_mirror_is_tried_and_all_failures_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Server::new(|_, _| response("404 Not Found", "Content-Length: 0\r\n", b""));
    let good = Server::new(|request, _| ranged(request));
    let mut options = missing.options();
    let error = quietly(BuiltIn::Pendigits, dir.path(), &options)
        .unwrap_err()
        .to_string();
    let address = &missing.address;
    assert_eq!(
        error,
        format!(
            "pendigits.tra could not be fetched: {address}pendigits.tra: the server answered with status 404"
        )
    );
    options.mirrors = Some(vec![missing.address.clone(), good.address.clone()]);
    quietly(BuiltIn::Pendigits, dir.path(), &options).unwrap();
    assert_eq!(good.requests.lock().unwrap().len(), 2);
}

#[test]
fn a_silent_server_does_not_keep_one_from_giving_up() {
    let dir = tempfile::tempdir().unwrap();
    let cancel = CancelToken::new();
    let asked = cancel.clone();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let server = Server::new(move |_, _| {
        asked.cancel();
        // Silent until the test is over.
        let _ = held.recv();
        Vec::new()
    });
    let options = FetchOptions {
        cancel,
        ..server.options()
    };
    let error = quietly(BuiltIn::Pendigits, dir.path(), &options).unwrap_err();
    assert!(
        matches!(
            error,
            DownloadError::Cancelled {
                file: "pendigits.tra"
            }
        ),
        "{error}"
    );
    drop(hold);
}

#[test]
fn what_cant_be_verified_is_not_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let error = quietly(BuiltIn::Har, dir.path(), &FetchOptions::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("har can't be fetched: unpack"),
        "{error}"
    );
    let options = FetchOptions {
        proxy: Some("not a proxy".into()),
        ..FetchOptions::default()
    };
    let error = quietly(BuiltIn::Mnist, dir.path(), &options).unwrap_err();
    assert!(matches!(error, DownloadError::BadProxy { .. }), "{error}");
}

/// The digests are those of the real files, where this machine has them.
#[test]
fn real_files_are_known_as_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .unwrap()
        .join("shared/data");
    if !root.is_dir() {
        return;
    }
    let nowhere = FetchOptions {
        mirrors: Some(Vec::new()),
        ..FetchOptions::default()
    };
    for set in [
        BuiltIn::Mnist,
        BuiltIn::MnistTest,
        BuiltIn::Fashion,
        BuiltIn::Pendigits,
    ] {
        quietly(set, &root, &nowhere).unwrap();
    }
}

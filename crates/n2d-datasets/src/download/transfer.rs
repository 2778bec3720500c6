//! One HTTP transfer into a file.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use n2d_core::CancelToken;
use ureq::http::header::{CONTENT_RANGE, RANGE};

use super::{DownloadError, FetchOptions, TryError};

const CHUNK_BYTES: usize = 1 << 16;
const CHUNKS_AHEAD: usize = 16;
/// How often the cancel token is looked at while nothing comes.
const LOOK: Duration = Duration::from_millis(100);

/// An agent that takes its settings from the options alone.
pub(super) fn agent(options: &FetchOptions) -> Result<ureq::Agent, DownloadError> {
    let proxy = match &options.proxy {
        None => None,
        Some(given) => {
            Some(ureq::Proxy::new(given).map_err(|_| DownloadError::BadProxy { given: given.clone() })?)
        }
    };
    let config = ureq::Agent::config_builder()
        // Left out, it would be read from the environment.
        .proxy(proxy)
        .http_status_as_error(false)
        .timeout_connect(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .timeout_per_read(Some(options.timeout));
    Ok(config.build().new_agent())
}

/// The rest of a file, from one address.
pub(super) struct Transfer<'a> {
    pub(super) url: &'a str,
    /// The file, of which `resumed` bytes are there.
    pub(super) part: &'a Path,
    pub(super) resumed: u64,
    /// The most bytes the file can have.
    pub(super) limit: u64,
    pub(super) cancel: &'a CancelToken,
    pub(super) tell: &'a mut dyn FnMut(u64, Option<u64>),
}

/// How a transfer ended. What came is in the file whatever it is.
pub(super) enum Outcome {
    Done,
    Cancelled,
    Failed(TryError),
}

/// What comes from the thread that is connected.
enum Message {
    /// The body begins, at this byte of the file, which has so many in all.
    Begin {
        offset: u64,
        total: Option<u64>,
    },
    Bytes(Vec<u8>),
    End,
    Failed(TryError),
}

impl Transfer<'_> {
    /// Runs the transfer.
    ///
    /// The connection has a thread of its own: a server that is silent must not keep the caller from giving up. After
    /// that the thread ends by itself, at its next byte or at its timeout.
    pub(super) fn run(&mut self, agent: &ureq::Agent) -> io::Result<Outcome> {
        let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
        let (agent, url, resumed) = (agent.clone(), self.url.to_owned(), self.resumed);
        thread::Builder::new()
            .name("n2d-fetch".into())
            .spawn(move || connected(&agent, &url, resumed, &sender))?;
        self.receive(&receiver)
    }

    fn receive(&mut self, messages: &Receiver<Message>) -> io::Result<Outcome> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.part)?;
        let mut here = self.resumed;
        let mut total = None;
        loop {
            if self.cancel.is_cancelled() {
                return Ok(Outcome::Cancelled);
            }
            match messages.recv_timeout(LOOK) {
                Ok(Message::Begin { offset, total: all }) => {
                    if offset != here {
                        // The server sends the whole file.
                        file.set_len(0)?;
                        here = 0;
                    }
                    total = all;
                }
                Ok(Message::Bytes(bytes)) => {
                    here += bytes.len() as u64;
                    if here > self.limit {
                        return Ok(Outcome::Failed(TryError::TooLong { limit: self.limit }));
                    }
                    file.write_all(&bytes)?;
                }
                Ok(Message::End) => return Ok(ended(here, total)),
                Ok(Message::Failed(TryError::Cut { .. })) => return Ok(cut(here)),
                Ok(Message::Failed(error)) => return Ok(Outcome::Failed(error)),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(cut(here)),
            }
            (self.tell)(here, total);
        }
    }
}

fn ended(here: u64, total: Option<u64>) -> Outcome {
    match total {
        Some(total) if here < total => cut(here),
        _ => Outcome::Done,
    }
}

fn cut(bytes: u64) -> Outcome {
    Outcome::Failed(TryError::Cut { bytes })
}

/// Asks for the bytes from `resumed` on and passes on what comes. Ends where nobody listens any more.
fn connected(agent: &ureq::Agent, url: &str, resumed: u64, sender: &SyncSender<Message>) {
    let mut request = agent.get(url);
    if resumed > 0 {
        request = request.header(RANGE, format!("bytes={resumed}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => return send(sender, Message::Failed(connection(&error))),
    };
    let begin = match begin(&response, resumed) {
        Ok(begin) => begin,
        Err(error) => return send(sender, Message::Failed(error)),
    };
    if sender.send(begin).is_ok() {
        pass_on(&mut response.into_body().into_reader(), sender);
    }
}

fn begin(response: &ureq::http::Response<ureq::Body>, resumed: u64) -> Result<Message, TryError> {
    let length = response.body().content_length();
    match response.status().as_u16() {
        200 => Ok(Message::Begin {
            offset: 0,
            total: length,
        }),
        206 => {
            let range = response
                .headers()
                .get(CONTENT_RANGE)
                .and_then(|value| value.to_str().ok());
            // A server that sends another part than the one asked for has not understood.
            let offset = range.and_then(first_byte).filter(|&offset| offset == resumed);
            let reason = || {
                format!(
                    "the server sends the wrong part ({})",
                    range.unwrap_or("no Content-Range")
                )
            };
            let offset = offset.ok_or_else(|| TryError::Connection { reason: reason() })?;
            Ok(Message::Begin {
                offset,
                total: length.map(|length| offset + length),
            })
        }
        status => Err(TryError::Status { status }),
    }
}

/// The first byte of a `Content-Range: bytes first-last/total`.
fn first_byte(range: &str) -> Option<u64> {
    range
        .strip_prefix("bytes ")?
        .split_once('-')?
        .0
        .trim()
        .parse()
        .ok()
}

fn pass_on(body: &mut impl Read, sender: &SyncSender<Message>) {
    loop {
        let mut bytes = vec![0; CHUNK_BYTES];
        match body.read(&mut bytes) {
            Ok(0) => return send(sender, Message::End),
            Ok(n) => {
                bytes.truncate(n);
                if sender.send(Message::Bytes(bytes)).is_err() {
                    return;
                }
            }
            Err(_) => return send(sender, Message::Failed(TryError::Cut { bytes: 0 })),
        }
    }
}

/// Nobody listens after a cancel: then there is nobody to tell.
fn send(sender: &SyncSender<Message>, message: Message) {
    let _ = sender.send(message);
}

fn connection(error: &ureq::Error) -> TryError {
    TryError::Connection {
        reason: error.to_string(),
    }
}

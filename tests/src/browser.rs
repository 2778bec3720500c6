//! A real browser, headless, by way of its driver: as much of WebDriver as the tests of pages need.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Names under which the browser and its driver go.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const DRIVER: &str = "chromedriver";
/// Set where a browser must be there, so that a test without one fails.
const NEEDED: &str = "N2D_NEED_BROWSER";
const PATIENCE: Duration = Duration::from_secs(60);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A session of a browser; its end is the browser's.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts one; `None`, said loudly, where there is none on this machine.
    ///
    /// # Errors
    /// Where a browser does not start, and where none is there but must be.
    pub fn start() -> Outcome<Option<Self>> {
        let browser = BROWSERS.into_iter().find_map(in_path);
        let (Some(browser), Some(driver)) = (browser, in_path(DRIVER)) else {
            let missing = "no headless browser (chromium and chromedriver) is on this machine";
            if std::env::var_os(NEEDED).is_some() {
                return Err(format!("{missing}, but {NEEDED} is set").into());
            }
            // Not by a macro, whose text a test that passes would swallow.
            writeln!(io::stderr(), "\nSKIPPED: {missing}; pages are not tested\n")?;
            return Ok(None);
        };
        // The port is free again when the driver takes it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut started = Self {
            driver,
            port,
            session: String::new(),
        };
        started.session = started.open(&browser)?;
        Ok(Some(started))
    }

    fn open(&self, browser: &Path) -> Outcome<String> {
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,1000",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": browser, "args": arguments},
        }}});
        let start = Instant::now();
        loop {
            match self.call("POST", "/session", &wanted) {
                Ok(session) => {
                    let id = session["sessionId"].as_str().ok_or("a session without a name")?;
                    return Ok(format!("/session/{id}"));
                }
                // The driver takes a moment before it listens.
                Err(_) if start.elapsed() < PATIENCE / 6 => std::thread::sleep(Duration::from_millis(100)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens a file and waits until it is loaded and `ready`, a JavaScript expression, is true.
    ///
    /// # Errors
    /// Where that never comes.
    pub fn visit(&self, file: &Path, ready: &str) -> Outcome<()> {
        self.command("/url", &json!({"url": format!("file://{}", file.display())}))?;
        let start = Instant::now();
        while self.eval(&format!("return Boolean({ready})"))? != true {
            if start.elapsed() > PATIENCE {
                let log = self.log()?;
                return Err(format!("{} never came to {ready}: {log:?}", file.display()).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What JavaScript returns.
    ///
    /// # Errors
    /// Where it throws.
    pub fn eval(&self, script: &str) -> Outcome<Value> {
        self.command("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Moves the mouse to a point of the window.
    ///
    /// # Errors
    /// Where it is outside.
    pub fn point_at(&self, x: f64, y: f64) -> Outcome<()> {
        let step = json!({"type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round()});
        let mouse = json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [step]});
        self.command("/actions", &json!({"actions": [mouse]}))?;
        Ok(())
    }

    /// What the page has written to its console, errors and refused loads among it, since it was asked last.
    ///
    /// # Errors
    /// Where the driver does not tell.
    pub fn log(&self) -> Outcome<Vec<String>> {
        let entries = self.command("/se/log", &json!({"type": "browser"}))?;
        let entries = entries.as_array().ok_or("a log that is no list")?;
        Ok(entries.iter().map(|entry| entry["message"].to_string()).collect())
    }

    fn command(&self, path: &str, body: &Value) -> Outcome<Value> {
        self.call("POST", &format!("{}{path}", self.session), body)
    }

    /// One request, on a connection of its own.
    fn call(&self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let body = body.to_string();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let (head, content) = answer(&mut BufReader::new(stream))?;
        let mut value: Value = serde_json::from_slice(&content)?;
        match head.split(' ').nth(1) {
            Some("200") => Ok(value["value"].take()),
            _ => Err(value["value"]["message"].to_string().into()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Nothing is left to be done about a browser that does not end.
        let _ = self.call("DELETE", &self.session, &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The first line of an answer and its body, as long as its header says: the driver may keep the connection open.
fn answer(stream: &mut impl BufRead) -> Outcome<(String, Vec<u8>)> {
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body)?;
    Ok((first, body))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

//! What the tests of alerts and callbacks share.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use groundrule_pipeline::actions::Means;
use groundrule_pipeline::part::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A clock that a test turns.
#[derive(Clone)]
pub struct Hand(Arc<Mutex<f64>>);

impl Hand {
    pub fn at(time: f64) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub fn now(&self) -> f64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn turn(&self, seconds: f64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += seconds;
    }

    pub fn clock(&self) -> Clock {
        let hand = self.clone();
        Arc::new(move || hand.now())
    }
}

/// A sink that appends to the file of its address, and fails if there is a file of that name with
/// `.away`.
struct FileSink(String);

#[async_trait]
impl Sink for FileSink {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        use std::io::Write as _;
        if Path::new(&format!("{}.away", self.0)).exists() {
            return Err(CarryError::Away("the queue is away".to_owned()));
        }
        let mut file = std::fs::File::options().append(true).create(true).open(&self.0).unwrap();
        for message in messages {
            file.write_all(&[&message.body, &b"\n"[..]].concat()).unwrap();
        }
        Ok(())
    }
}

/// What actions need; `groundrule` only says what it was asked to do.
pub fn means() -> Means {
    Means {
        sinks: Arc::new(|address| match address.strip_prefix("file:") {
            Some(path) => Ok(Box::new(FileSink(path.to_owned()))),
            None => Err(CarryError::Refused(format!("{address}: no such transport"))),
        }),
        features: ["echo", "run"].map(str::to_owned).to_vec(),
        environment: vec![
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("HOME".to_owned(), "/".to_owned()),
            ("LANG".to_owned(), "C".to_owned()),
        ],
    }
}

/// The lines of a file; none if it is not there.
pub fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Requests that a server heard, each whole.
pub type Requests = Arc<Mutex<Vec<String>>>;

/// An HTTP server that gives every request the same answer, and its address.
pub async fn server(answer: &'static str) -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let requests = Requests::default();
    let heard = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heard = heard.clone();
            tokio::spawn(async move {
                let mut text = String::new();
                let mut piece = vec![0; 65536];
                loop {
                    if let Some(at) = text.find("\r\n\r\n") {
                        let head = text[..at].to_lowercase();
                        let length = head.split("content-length: ").nth(1).unwrap();
                        let length: usize = length.lines().next().unwrap().parse().unwrap();
                        if text.len() == at + 4 + length {
                            heard.lock().unwrap().push(std::mem::take(&mut text));
                            let answer = format!("{answer}\r\nContent-Length: 6\r\n\r\nanswer");
                            stream.write_all(answer.as_bytes()).await.unwrap();
                        }
                    }
                    match stream.read(&mut piece).await {
                        Ok(read @ 1..) => {
                            text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
                        }
                        _ => return,
                    }
                }
            });
        }
    });
    (address, requests)
}

//! A wire to a broker that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use groundrule_core::delivery::{Sink, Source};
use groundrule_services::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::help::settings;

/// Listens, and passes everything on to a broker.
pub struct Relay {
    address: String,
    settings: groundrule_transport::Settings,
    cuts: watch::Sender<u64>,
    passed: Arc<AtomicU64>,
    made: Arc<AtomicU64>,
}

impl Relay {
    /// A wire to this broker.
    pub async fn new(service: &Service) -> Self {
        let listener = TcpListener::bind((service.host(), 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cuts, cut) = watch::channel(0);
        let passed = Arc::new(AtomicU64::new(0));
        let made = Arc::new(AtomicU64::new(0));
        let broker = (service.host(), service.port());
        let (to_count, counted) = (Arc::clone(&passed), Arc::clone(&made));
        tokio::spawn(accept(listener, broker, cut, to_count, counted));
        Self {
            address: format!("stomp://{}@{}:{port}", service.user(), service.host()),
            settings: settings(service),
            cuts,
            passed,
            made,
        }
    }

    /// Where messages come from, over this wire.
    pub fn source(&self, path: &str) -> Box<dyn Source> {
        groundrule_transport::source(&format!("{}{path}", self.address), &self.settings).unwrap()
    }

    /// Where messages go, over this wire.
    pub fn sink(&self, path: &str) -> Box<dyn Sink> {
        groundrule_transport::sink(&format!("{}{path}", self.address), &self.settings).unwrap()
    }

    /// Cuts all connections that there are.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// How many connections were made.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Waits until nothing has passed for a while.
    pub async fn quiet(&self) {
        let mut before = u64::MAX;
        loop {
            let now = self.passed.load(Ordering::Relaxed);
            if now == before {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

async fn accept(
    listener: TcpListener,
    broker: (&'static str, u16),
    cut: watch::Receiver<u64>,
    passed: Arc<AtomicU64>,
    made: Arc<AtomicU64>,
) {
    while let Ok((near, _)) = listener.accept().await {
        made.fetch_add(1, Ordering::Relaxed);
        let Ok(far) = TcpStream::connect(broker).await else {
            continue;
        };
        let mut cut = cut.clone();
        cut.mark_unchanged();
        let passed = Arc::clone(&passed);
        tokio::spawn(async move {
            let (near_reads, near_writes) = near.into_split();
            let (far_reads, far_writes) = far.into_split();
            tokio::select! {
                () = pump(near_reads, far_writes, &passed) => {}
                () = pump(far_reads, near_writes, &passed) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    passed: &AtomicU64,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        passed.fetch_add(count as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

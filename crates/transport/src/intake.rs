//! What tasks of a source hand to its `receive`, in batches.

use groundrule_core::delivery::CarryError;
use tokio::sync::mpsc;

/// A batch, or why there will be no more.
pub type Batch<T> = Result<Vec<T>, CarryError>;

/// How many batches may wait; who has another one waits too.
pub const BATCHES: usize = 16;

/// The end at which a source takes out what its tasks put in.
pub struct Intake<T> {
    batches: mpsc::Receiver<Batch<T>>,
    /// Of a batch that was larger than what was asked for.
    left: std::vec::IntoIter<T>,
    failed: Option<CarryError>,
}

impl<T> Intake<T> {
    /// An intake, and where to put batches in.
    pub fn new() -> (mpsc::Sender<Batch<T>>, Self) {
        let (sender, batches) = mpsc::channel(BATCHES);
        (sender, Self { batches, left: Vec::new().into_iter(), failed: None })
    }

    /// Lets nothing more in: who has another batch is told so. What is in stays to be received.
    pub fn close(&mut self) {
        self.batches.close();
    }

    /// Waits for something and takes at most `max`; nothing once all senders are gone, or it
    /// is closed and empty. What was
    /// put in stays there if this is dropped.
    pub async fn receive(&mut self, max: usize) -> Batch<T> {
        let mut taken = Vec::new();
        if self.left.len() == 0 {
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            match self.batches.recv().await {
                None => return Ok(taken),
                Some(Err(error)) => {
                    self.failed = Some(error.clone());
                    return Err(error);
                }
                Some(Ok(batch)) if batch.len() <= max => taken = batch,
                Some(Ok(batch)) => self.left = batch.into_iter(),
            }
        }
        loop {
            taken.extend(self.left.by_ref().take(max - taken.len()));
            if taken.len() == max || self.failed.is_some() {
                return Ok(taken);
            }
            match self.batches.try_recv() {
                Ok(Ok(batch)) => self.left = batch.into_iter(),
                Ok(Err(error)) => self.failed = Some(error),
                Err(_) => return Ok(taken),
            }
        }
    }
}

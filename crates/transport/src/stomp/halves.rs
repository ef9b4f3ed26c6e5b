//! The two halves of a connection: one reads, one writes, each in its own time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use groundrule_core::delivery::CarryError;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::codec::Decoder;

use super::codec::Codec;
use super::frame::Frame;
use super::refusal::complaint;
use super::socket::{Socket, distrust};

/// How long a complaint may take to come after the connection broke.
pub const LAST_WORDS: Duration = Duration::from_millis(100);
/// How much room a read is given.
const ROOM: usize = 128 << 10;

/// Where a connection goes, and by what its certificate was judged.
#[derive(Clone)]
pub struct Place {
    /// Host and port.
    pub name: String,
    /// The file with the authorities.
    pub authorities: Option<String>,
}

impl Place {
    fn lost(&self, error: &std::io::Error) -> CarryError {
        distrust(&self.name, error, self.authorities.as_deref())
    }
}

/// The half of a connection that reads.
pub struct Incoming {
    pub(super) half: ReadHalf<Box<dyn Socket>>,
    pub(super) buffer: BytesMut,
    pub(super) codec: Codec,
    /// How long a living broker may be silent.
    pub(super) silence: Option<Duration>,
    pub(super) place: Place,
    pub(super) passcode: Option<String>,
}

impl Incoming {
    /// A frame that is there already.
    ///
    /// # Errors
    /// When it is a complaint, or no frame.
    pub fn take(&mut self) -> Result<Option<Frame>, CarryError> {
        let found = self.codec.decode(&mut self.buffer).map_err(|error| {
            let why = format!("{}: {error}", self.place.name);
            // Whoever greets like that is no broker, and will not become one.
            if self.codec.is_fresh() { CarryError::Refused(why) } else { CarryError::Away(why) }
        })?;
        match found {
            Some(frame) if frame.command() == b"ERROR" => {
                Err(complaint(&self.place.name, &frame, self.passcode.as_deref()))
            }
            other => Ok(other),
        }
    }

    /// Reads more. May be dropped while it waits.
    ///
    /// # Errors
    /// When the broker has gone, or was silent for too long.
    pub async fn fill(&mut self) -> Result<(), CarryError> {
        if self.buffer.capacity() - self.buffer.len() < ROOM / 8 {
            self.buffer.reserve(ROOM);
        }
        let reading = self.half.read_buf(&mut self.buffer);
        let read = match self.silence {
            Some(limit) => timeout(limit, reading).await.map_err(|_| {
                CarryError::Away(format!("{} has given no sign of life", self.place.name))
            })?,
            None => reading.await,
        };
        match read {
            Ok(0) => Err(CarryError::Away(format!("{} hung up", self.place.name))),
            Ok(_) => Ok(()),
            Err(error) => Err(self.place.lost(&error)),
        }
    }

    /// The next frame. May be dropped while it waits.
    ///
    /// # Errors
    /// As the two above.
    pub async fn frame(&mut self) -> Result<Frame, CarryError> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            self.fill().await?;
        }
    }
}

/// The half of a connection that writes.
pub struct Outlet {
    pub(super) half: WriteHalf<Box<dyn Socket>>,
    pub(super) place: Place,
    /// How long it may be silent.
    pub(super) beat: Option<Duration>,
    pub(super) last: Instant,
}

impl Outlet {
    /// Writes these bytes.
    ///
    /// # Errors
    /// When the broker has gone.
    pub async fn write(&mut self, parts: &[Bytes]) -> Result<(), CarryError> {
        for part in parts {
            self.half.write_all(part).await.map_err(|error| self.place.lost(&error))?;
        }
        self.half.flush().await.map_err(|error| self.place.lost(&error))?;
        self.last = Instant::now();
        Ok(())
    }

    /// Waits until a sign of life is due. May be dropped while it waits.
    pub fn due(&self) -> impl Future<Output = ()> + Send + use<> {
        let at = self.beat.map(|beat| self.last + beat);
        async move {
            match at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Gives a sign of life.
    ///
    /// # Errors
    /// When the broker has gone.
    pub async fn beat(&mut self) -> Result<(), CarryError> {
        self.write(&[Bytes::from_static(b"\n")]).await
    }
}

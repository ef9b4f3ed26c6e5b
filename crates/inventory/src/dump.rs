//! Arrays in a file as they stand in memory, with a checksum behind them.

use std::io::{self, Read, Write};

use bytemuck::Pod;
use xxhash_rust::xxh3::Xxh3;

/// What writes arrays, or fills them with what was written: one walk over them serves both.
pub trait Dump {
    /// Writes or fills an array.
    ///
    /// # Errors
    /// When the file cannot be written or read, or does not hold what it should.
    fn array<T: Pod>(&mut self, array: &mut Vec<T>) -> io::Result<()>;

    /// Writes or fills a number.
    ///
    /// # Errors
    /// As for an array.
    fn number(&mut self, number: &mut u64) -> io::Result<()> {
        let mut one = vec![*number];
        self.array(&mut one)?;
        *number = *one.first().ok_or(io::ErrorKind::InvalidData)?;
        Ok(())
    }
}

/// Writes arrays.
pub struct Writer<W> {
    to: W,
    sum: Xxh3,
}

impl<W: Write> Writer<W> {
    /// Writes behind what is there.
    pub fn new(to: W) -> Self {
        Self { to, sum: Xxh3::new() }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.to.write_all(bytes)
    }

    /// Writes the checksum.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.write_all(&self.sum.digest().to_ne_bytes())?;
        self.to.flush()
    }
}

impl<W: Write> Dump for Writer<W> {
    fn array<T: Pod>(&mut self, array: &mut Vec<T>) -> io::Result<()> {
        self.put(&(array.len() as u64).to_ne_bytes())?;
        self.put(bytemuck::cast_slice(array))
    }
}

/// Fills arrays.
pub struct Reader<R> {
    from: R,
    /// How many bytes are left, the checksum's not counted.
    left: u64,
    sum: Xxh3,
}

impl<R: Read> Reader<R> {
    /// Reads `size` bytes.
    pub fn new(from: R, size: u64) -> Self {
        Self { from, left: size.saturating_sub(size_of::<u64>() as u64), sum: Xxh3::new() }
    }

    fn take(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or(io::ErrorKind::InvalidData)?;
        self.from.read_exact(bytes)?;
        self.sum.update(bytes);
        Ok(())
    }

    /// Checks that everything was read and is what was written.
    ///
    /// # Errors
    /// When it is not.
    pub fn finish(mut self) -> io::Result<()> {
        let mut sum = [0; 8];
        self.from.read_exact(&mut sum)?;
        let sound = self.left == 0 && u64::from_ne_bytes(sum) == self.sum.digest();
        if sound { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

impl<R: Read> Dump for Reader<R> {
    fn array<T: Pod>(&mut self, array: &mut Vec<T>) -> io::Result<()> {
        let mut length = [0; 8];
        self.take(&mut length)?;
        let length = u64::from_ne_bytes(length);
        // What a damaged length asks for is never allocated.
        if length.checked_mul(size_of::<T>() as u64).is_none_or(|bytes| bytes > self.left) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::InvalidData)?;
        array.clear();
        array.resize(length, T::zeroed());
        self.take(bytemuck::cast_slice_mut(array))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(dump: &mut impl Dump, number: &mut u64, array: &mut Vec<u32>) -> io::Result<()> {
        dump.number(number)?;
        dump.array(array)
    }

    fn read(bytes: &[u8]) -> io::Result<(u64, Vec<u32>)> {
        let (mut number, mut array) = (0, Vec::new());
        let mut reader = Reader::new(bytes, bytes.len() as u64);
        walk(&mut reader, &mut number, &mut array)?;
        reader.finish()?;
        Ok((number, array))
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        walk(&mut writer, &mut 7, &mut vec![1, 2, 3]).unwrap();
        writer.finish().unwrap();
        assert_eq!(read(&bytes).unwrap(), (7, vec![1, 2, 3]));
        for n in 0..bytes.len() {
            assert!(read(&bytes[..n]).is_err(), "cut after {n}");
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[n] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "bit {bit} of byte {n}");
            }
        }
        bytes.push(0);
        assert!(read(&bytes).is_err());
    }
}

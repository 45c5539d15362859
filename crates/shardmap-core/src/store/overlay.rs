//! A disk that reads another one and keeps what is written to itself: on it redb may open, repair and close a file that stays as it is.

use super::disk::Disk;
use crate::sync::{lock, Arc, Mutex};
use std::{collections::BTreeMap, io};

const BLOCK: usize = 4096;

#[derive(Debug)]
pub struct Overlay {
    base: Arc<dyn Disk>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    len: u64,
    /// Bytes of the base that still show; above them an unwritten byte is zero.
    base_len: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl Overlay {
    pub fn new(base: Arc<dyn Disk>) -> io::Result<Self> {
        let len = base.len()?;
        Ok(Self { base, state: Mutex::new(State { len, base_len: len, blocks: BTreeMap::new() }) })
    }

    /// Reads the base as far as it shows, zeros above.
    fn read_base(&self, base_len: u64, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let shown = base_len.saturating_sub(offset).min(out.len() as u64) as usize;
        let (low, high) = out.split_at_mut(shown);
        high.fill(0);
        if low.is_empty() {
            return Ok(());
        }
        self.base.read(offset, low)
    }
}

/// The blocks a range touches: each with the range's part in the block, and that part's place in the range.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, std::ops::Range<usize>, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = offset + done as u64;
        let start = (at % BLOCK as u64) as usize;
        let count = (BLOCK - start).min(len - done);
        done += count;
        Some((at / BLOCK as u64, start..start + count, done - count..done))
    })
}

impl Disk for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.state).len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = lock(&self.state);
        self.read_base(state.base_len, offset, out)?;
        let last = offset + out.len() as u64;
        for (&block, bytes) in state.blocks.range(offset / BLOCK as u64..last.div_ceil(BLOCK as u64)) {
            let start = block * BLOCK as u64;
            let (from, to) = (start.max(offset), (start + BLOCK as u64).min(last));
            out[(from - offset) as usize..(to - offset) as usize].copy_from_slice(&bytes[(from - start) as usize..(to - start) as usize]);
        }
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = lock(&self.state);
        for (block, inside, outside) in parts(offset, bytes.len()) {
            if !state.blocks.contains_key(&block) {
                let mut copy = Box::new([0; BLOCK]);
                self.read_base(state.base_len, block * BLOCK as u64, &mut *copy)?;
                state.blocks.insert(block, copy);
            }
            if let Some(kept) = state.blocks.get_mut(&block) {
                kept[inside].copy_from_slice(&bytes[outside]);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        if len < state.len {
            state.base_len = state.base_len.min(len);
            state.blocks.split_off(&len.div_ceil(BLOCK as u64));
            if let Some(last) = state.blocks.get_mut(&(len / BLOCK as u64)) {
                last[(len % BLOCK as u64) as usize..].fill(0);
            }
        }
        state.len = len;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A whole array in memory.
    #[derive(Debug, Default)]
    struct Plain(Mutex<Vec<u8>>);

    impl Disk for Plain {
        fn len(&self) -> io::Result<u64> {
            Ok(lock(&self.0).len() as u64)
        }
        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            out.copy_from_slice(&lock(&self.0)[offset as usize..offset as usize + out.len()]);
            Ok(())
        }
        fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
            lock(&self.0)[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
            Ok(())
        }
        fn set_len(&self, len: u64) -> io::Result<()> {
            lock(&self.0).resize(len as usize, 0);
            Ok(())
        }
        fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn an_overlay_reads_as_a_written_copy_would_and_leaves_its_base_alone(
            len in 0..20_000usize,
            steps in prop::collection::vec((any::<u16>(), 0..9_000usize, any::<bool>()), 1..20),
        ) {
            let bytes: Vec<u8> = (0..len).map(|at| at as u8 | 1).collect();
            let base: Arc<dyn Disk> = Arc::new(Plain(Mutex::new(bytes.clone())));
            let copy = Plain(Mutex::new(bytes.clone()));
            let overlay = Overlay::new(base.clone()).unwrap();
            for (step, (at, count, resize)) in steps.into_iter().enumerate() {
                let len = copy.len().unwrap() as usize;
                if resize || len == 0 {
                    overlay.set_len(u64::from(at)).unwrap();
                    copy.set_len(u64::from(at)).unwrap();
                } else {
                    let offset = usize::from(at) % len;
                    let bytes = vec![step as u8; count.min(len - offset)];
                    overlay.write(offset as u64, &bytes).unwrap();
                    copy.write(offset as u64, &bytes).unwrap();
                }
                let len = copy.len().unwrap() as usize;
                let (mut one, mut other) = (vec![0; len], vec![0; len]);
                overlay.read(0, &mut one).unwrap();
                copy.read(0, &mut other).unwrap();
                prop_assert_eq!(overlay.len().unwrap() as usize, len);
                prop_assert!(one == other);
            }
            let mut after = vec![0; len];
            base.read(0, &mut after).unwrap();
            prop_assert!(after == bytes);
        }
    }
}

//! How often simple counters came, by path and second.

use std::collections::HashMap;

/// How many counts a generation has.
const MOST: usize = 50_000;

type Counts = HashMap<(u64, String), u64>;

/// Counts, of which those are forgotten that were not touched for two generations.
///
/// A batch may be handed in again after an error, so its counts are remembered only when they have
/// gone out.
#[derive(Debug, Default)]
pub(super) struct Counters {
    current: Counts,
    previous: Counts,
    pending: Counts,
}

impl Counters {
    /// Forgets the counts that did not go out.
    pub(super) fn begin(&mut self) {
        self.pending.clear();
    }

    /// One more.
    pub(super) fn count(&mut self, second: u64, path: String) {
        let key = (second, path);
        let before = [&self.current, &self.previous].into_iter().find_map(|all| all.get(&key));
        let before = before.copied().unwrap_or_default();
        *self.pending.entry(key).or_insert(before) += 1;
    }

    /// What goes out: for each path and second of this batch how many there were in all.
    pub(super) fn totals(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.pending.iter().map(|((second, path), count)| (&**path, *count, *second))
    }

    /// They have gone out.
    pub(super) fn commit(&mut self) {
        self.current.extend(self.pending.drain());
        if self.current.len() > MOST {
            self.previous = std::mem::take(&mut self.current);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(counters: &Counters) -> Vec<(String, u64, u64)> {
        let owned = |(path, count, second): (&str, u64, u64)| (path.to_owned(), count, second);
        let mut totals: Vec<_> = counters.totals().map(owned).collect();
        totals.sort();
        totals
    }

    #[test]
    fn a_batch_that_comes_again_is_counted_once() {
        let mut counters = Counters::default();
        for _ in 0..2 {
            counters.begin();
            counters.count(5, "a".to_owned());
            counters.count(5, "a".to_owned());
            assert_eq!(totals(&counters), [("a".to_owned(), 2, 5)]);
        }
        counters.commit();
        counters.count(5, "a".to_owned());
        counters.count(6, "a".to_owned());
        assert_eq!(totals(&counters), [("a".to_owned(), 1, 6), ("a".to_owned(), 3, 5)]);
    }

    #[test]
    fn old_counts_are_forgotten() {
        let mut counters = Counters::default();
        for path in 0..10 * MOST {
            counters.count(1, (path % (3 * MOST)).to_string());
            if path % 1000 == 0 {
                counters.commit();
            }
        }
        assert!(counters.current.len() + counters.previous.len() < 2 * MOST + 2000);
        // One that comes all the time is not.
        for path in 0..2 * MOST {
            counters.count(2, "a".to_owned());
            counters.count(2, path.to_string());
            counters.commit();
        }
        counters.count(2, "a".to_owned());
        assert_eq!(totals(&counters), [("a".to_owned(), 2 * MOST as u64 + 1, 2)]);
    }
}

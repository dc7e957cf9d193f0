//! Observations in ascending order, in small blocks so that an insertion moves little memory.

// Equality of doubles means the same bits.
#![allow(clippy::float_cmp)]

const BLOCK: usize = 128;

/// A set of `(value, id)` pairs ordered by value, then id. Values are finite.
#[derive(Clone, Debug, Default)]
pub struct SortedObservations {
    blocks: Vec<Block>,
    /// The largest pair of each block.
    last: Vec<(f64, u32)>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Block {
    values: Vec<f64>,
    ids: Vec<u32>,
}

/// The two observations on either side of a place, nearest first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Neighbours {
    /// Predecessor, and its predecessor.
    pub before: [Option<(f64, u32)>; 2],
    /// Successor, and its successor.
    pub after: [Option<(f64, u32)>; 2],
}

fn precedes(a: (f64, u32), b: (f64, u32)) -> bool {
    a.0 < b.0 || (a.0 == b.0 && a.1 < b.1)
}

impl Block {
    fn last(&self) -> (f64, u32) {
        self.get(self.values.len() - 1)
    }

    fn get(&self, i: usize) -> (f64, u32) {
        (self.values[i], self.ids[i])
    }

    /// First place whose pair does not precede `pair`.
    fn lower_bound(&self, pair: (f64, u32)) -> usize {
        let (mut low, mut high) = (0, self.values.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if precedes(self.get(middle), pair) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

impl SortedObservations {
    /// Number of observations.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Builds the set from unordered pairs.
    pub fn from_pairs(mut pairs: Vec<(f64, u32)>) -> Self {
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let len = pairs.len();
        let blocks: Vec<Block> = pairs
            .chunks(BLOCK * 3 / 4)
            .map(|chunk| Block {
                values: chunk.iter().map(|p| p.0).collect(),
                ids: chunk.iter().map(|p| p.1).collect(),
            })
            .collect();
        let last = blocks.iter().map(Block::last).collect();
        Self { blocks, last, len }
    }

    /// Block and place at which `pair` stands or would stand.
    fn locate(&self, pair: (f64, u32)) -> (usize, usize) {
        let block = self.last.partition_point(|last| precedes(*last, pair));
        match self.blocks.get(block) {
            Some(b) => (block, b.lower_bound(pair)),
            None => (block, 0),
        }
    }

    /// Adds a pair, which the set must not hold yet; returns its neighbours.
    pub fn insert(&mut self, value: f64, id: u32) -> Neighbours {
        self.len += 1;
        let (mut block, mut place) = self.locate((value, id));
        let neighbours = self.around(block, place, false);
        if block == self.blocks.len() {
            let Some(last) = self.blocks.last() else {
                self.blocks.push(Block {
                    values: vec![value],
                    ids: vec![id],
                });
                self.last.push((value, id));
                return neighbours;
            };
            place = last.values.len();
            block -= 1;
        }
        let target = &mut self.blocks[block];
        target.values.insert(place, value);
        target.ids.insert(place, id);
        if target.values.len() >= BLOCK {
            let half = BLOCK / 2;
            let tail = Block {
                values: target.values.split_off(half),
                ids: target.ids.split_off(half),
            };
            self.last.insert(block + 1, tail.last());
            self.blocks.insert(block + 1, tail);
        }
        self.last[block] = self.blocks[block].last();
        neighbours
    }

    /// Takes a pair out; returns its neighbours if it was there.
    pub fn remove(&mut self, value: f64, id: u32) -> Option<Neighbours> {
        let (block, place) = self.locate((value, id));
        let target = self.blocks.get(block)?;
        if place >= target.values.len() || target.get(place) != (value, id) {
            return None;
        }
        let neighbours = self.around(block, place, true);
        let target = &mut self.blocks[block];
        target.values.remove(place);
        target.ids.remove(place);
        if target.values.is_empty() {
            self.blocks.remove(block);
            self.last.remove(block);
        } else {
            self.last[block] = target.last();
        }
        self.len -= 1;
        Some(neighbours)
    }

    fn step_back(&self, block: usize, place: usize) -> Option<(usize, usize)> {
        if place > 0 {
            Some((block, place - 1))
        } else {
            let block = block.checked_sub(1)?;
            Some((block, self.blocks[block].values.len() - 1))
        }
    }

    fn step_on(&self, block: usize, place: usize) -> Option<(usize, usize)> {
        if place + 1 < self.blocks[block].values.len() {
            Some((block, place + 1))
        } else {
            (block + 1 < self.blocks.len()).then_some((block + 1, 0))
        }
    }

    /// Two observations on each side of `pair`, which may be in the set or not.
    pub fn neighbours(&self, pair: (f64, u32)) -> Neighbours {
        let (block, place) = self.locate(pair);
        let inside = self.blocks.get(block).map(|b| b.get(place)) == Some(pair);
        self.around(block, place, inside)
    }

    /// As [`neighbours`](Self::neighbours), if `pair` is in the set.
    pub fn around_member(&self, pair: (f64, u32)) -> Option<Neighbours> {
        let (block, place) = self.locate(pair);
        let block_of = self.blocks.get(block)?;
        let is_member = place < block_of.values.len() && block_of.get(place) == pair;
        is_member.then(|| self.around(block, place, true))
    }

    /// Two observations on each side of a place, at which there is one that does not count or not.
    fn around(&self, block: usize, place: usize, skip: bool) -> Neighbours {
        let at = |position: Option<(usize, usize)>| position.map(|(b, p)| self.blocks[b].get(p));
        let first_before = self.step_back(block, place);
        let second_before = first_before.and_then(|(b, p)| self.step_back(b, p));
        let first_after = if skip {
            self.step_on(block, place)
        } else {
            (block < self.blocks.len()).then_some((block, place))
        };
        let second_after = first_after.and_then(|(b, p)| self.step_on(b, p));
        Neighbours {
            before: [at(first_before), at(second_before)],
            after: [at(first_after), at(second_after)],
        }
    }

    /// All pairs in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u32)> + '_ {
        self.blocks
            .iter()
            .flat_map(|b| b.values.iter().copied().zip(b.ids.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::ops::Bound::{Excluded, Unbounded};

    proptest! {
        #[test]
        fn it_behaves_like_a_sorted_list(
            steps in prop::collection::vec((0..40i32, 0..400u32, any::<bool>()), 1..900),
        ) {
            let mut ours = SortedObservations::default();
            let mut model: BTreeSet<(i32, u32)> = BTreeSet::new();
            for (value, id, add) in steps {
                let key = (value, id);
                let pair = (f64::from(value), id);
                let near = |model: &BTreeSet<(i32, u32)>| {
                    let pair = |p: Option<&(i32, u32)>| p.map(|p| (f64::from(p.0), p.1));
                    let mut before = model.range(..key).rev();
                    let mut after = model.range((Excluded(key), Unbounded));
                    Neighbours {
                        before: [pair(before.next()), pair(before.next())],
                        after: [pair(after.next()), pair(after.next())],
                    }
                };
                prop_assert_eq!(ours.neighbours(pair), near(&model));
                if add {
                    if model.insert(key) {
                        prop_assert_eq!(ours.insert(pair.0, id), near(&model));
                    }
                } else {
                    let found = model.remove(&key);
                    let got = ours.remove(pair.0, id);
                    prop_assert_eq!(got, found.then(|| near(&model)));
                }
            }
            let want: Vec<(f64, u32)> = model.iter().map(|(v, i)| (f64::from(*v), *i)).collect();
            let got: Vec<(f64, u32)> = ours.iter().collect();
            prop_assert_eq!(&got, &want);
            prop_assert_eq!(ours.len(), want.len());
        }
    }
}

//! Observations in ascending order, in small blocks so that an insertion moves little memory.

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

    /// Adds a pair; the set must not hold it yet.
    pub fn insert(&mut self, value: f64, id: u32) {
        self.len += 1;
        let (mut block, mut place) = self.locate((value, id));
        if block == self.blocks.len() {
            let Some(last) = self.blocks.last() else {
                self.blocks.push(Block {
                    values: vec![value],
                    ids: vec![id],
                });
                self.last.push((value, id));
                return;
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
    }

    /// Takes a pair out; returns whether it was there.
    pub fn remove(&mut self, value: f64, id: u32) -> bool {
        let (block, place) = self.locate((value, id));
        let Some(target) = self.blocks.get_mut(block) else {
            return false;
        };
        if place >= target.values.len() || target.get(place) != (value, id) {
            return false;
        }
        target.values.remove(place);
        target.ids.remove(place);
        if target.values.is_empty() {
            self.blocks.remove(block);
            self.last.remove(block);
        } else {
            self.last[block] = target.last();
        }
        self.len -= 1;
        true
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
        let at = |position: Option<(usize, usize)>| position.map(|(b, p)| self.blocks[b].get(p));
        let first_before = self.step_back(block, place);
        let second_before = first_before.and_then(|(b, p)| self.step_back(b, p));
        let here = (block < self.blocks.len()).then_some((block, place));
        let first_after = match at(here) {
            Some(found) if found == pair => self.step_on(block, place),
            _ => here,
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

    proptest! {
        #[test]
        fn it_behaves_like_a_sorted_list(
            steps in prop::collection::vec((0..40i32, 0..400u32, any::<bool>()), 1..900),
        ) {
            let mut ours = SortedObservations::default();
            let mut model: BTreeSet<(i32, u32)> = BTreeSet::new();
            for (value, id, add) in steps {
                if add {
                    if model.insert((value, id)) {
                        ours.insert(f64::from(value), id);
                    }
                } else {
                    prop_assert_eq!(ours.remove(f64::from(value), id), model.remove(&(value, id)));
                }
            }
            let want: Vec<(f64, u32)> = model.iter().map(|(v, i)| (f64::from(*v), *i)).collect();
            let got: Vec<(f64, u32)> = ours.iter().collect();
            prop_assert_eq!(&got, &want);
            prop_assert_eq!(ours.len(), want.len());
            for (k, pair) in want.iter().enumerate() {
                let near = ours.neighbours(*pair);
                prop_assert_eq!(near.before[0], k.checked_sub(1).map(|i| want[i]));
                prop_assert_eq!(near.before[1], k.checked_sub(2).map(|i| want[i]));
                prop_assert_eq!(near.after[0], want.get(k + 1).copied());
                prop_assert_eq!(near.after[1], want.get(k + 2).copied());
            }
        }
    }
}

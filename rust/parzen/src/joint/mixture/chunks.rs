//! Where the kernels of a mixture stand: in chunks of members that are near each other.

use super::Mixture;
use super::axis_kernels::CHUNK;
use super::column::{NOBODY, count};
use super::tree::{Cut, Leaf};
use crate::numerics::gaussians::LANES;

impl Mixture {
    pub(super) fn add_chunk(&mut self) -> usize {
        let chunk = self.filled.len();
        self.filled.push(0);
        if chunk.is_multiple_of(LANES) {
            self.bounds.add_group();
        }
        let places = (chunk + 1) * CHUNK;
        self.numbers.resize(places, NOBODY);
        self.log_norms.resize(places, f64::NEG_INFINITY);
        for column in &mut self.columns {
            column.norms.resize(places, 0.0);
            column.kernels.resize(places);
        }
        chunk
    }

    /// The chunk where a trial belongs, which has a slot for it.
    pub(super) fn chunk_with_room(&mut self, number: usize) -> usize {
        let columns = &self.columns;
        let (leaf, chunk) = self.tree.find(|axis| columns[axis].places[number]);
        if self.filled[chunk] < CHUNK {
            return chunk;
        }
        let start = chunk * CHUNK;
        let numbers = &self.numbers[start..start + CHUNK];
        let cut = Cut::best(
            columns.len(),
            |axis| columns[axis].unit,
            |axis, out| out.extend(numbers.iter().map(|n| columns[axis].places[*n as usize])),
        );
        let Some(cut) = cut else {
            let new = self.add_chunk();
            self.tree.replace(leaf, new);
            return new;
        };
        let new = self.fork(leaf, cut, chunk);
        if cut.is_below(|axis| self.columns[axis].places[number]) {
            chunk
        } else {
            new
        }
    }

    /// Moves the trials of a chunk that lie above the cut to a new one, which it returns.
    fn fork(&mut self, leaf: Leaf, cut: Cut, chunk: usize) -> usize {
        let new = self.add_chunk();
        self.tree.fork(leaf, cut, new);
        let start = chunk * CHUNK;
        self.filled[chunk] = 0;
        for slot in start..start + CHUNK {
            let number = self.numbers[slot];
            let columns = &self.columns;
            let below = cut.is_below(|axis| columns[axis].places[number as usize]);
            let to = self.next_slot(if below { chunk } else { new });
            self.move_kernel(slot, to);
        }
        for slot in start + self.filled[chunk]..start + CHUNK {
            self.clear(slot);
        }
        for chunk in [chunk, new] {
            let start = chunk * CHUNK;
            let numbers = &self.numbers[start..start + self.filled[chunk]];
            self.bounds.clear(chunk);
            for (a, column) in self.columns.iter().enumerate() {
                for number in numbers {
                    self.bounds
                        .extend(chunk, a, column.places[*number as usize]);
                }
                self.bounds.widen(chunk, a, &column.kernels);
            }
            self.renew_top(chunk);
        }
        new
    }

    /// Takes the next slot of a chunk.
    pub(super) fn next_slot(&mut self, chunk: usize) -> usize {
        self.filled[chunk] += 1;
        chunk * CHUNK + self.filled[chunk] - 1
    }

    /// Takes what stands in a slot to another one.
    pub(super) fn move_kernel(&mut self, from: usize, to: usize) {
        let number = self.numbers[from];
        self.numbers[to] = number;
        self.slots[number as usize] = count(to);
        self.log_norms[to] = self.log_norms[from];
        for column in &mut self.columns {
            column.norms[to] = column.norms[from];
            column.kernels.copy(from, to);
        }
    }

    /// Forgets what stands in a slot.
    pub(super) fn clear(&mut self, slot: usize) {
        self.numbers[slot] = NOBODY;
        self.log_norms[slot] = f64::NEG_INFINITY;
        for column in &mut self.columns {
            column.kernels.clear(slot);
        }
    }

    pub(super) fn renew_top(&mut self, chunk: usize) {
        let log_norms = &self.log_norms[chunk * CHUNK..(chunk + 1) * CHUNK];
        self.bounds.raise(chunk, log_norms);
    }
}

//! Which trials are handled together: those that are near each other.
//!
//! A tree of cuts across the axes sends every point to a chunk of a fixed number of places. A chunk that
//! is full is cut in two. The chunks cover small boxes then, and most of them are out of reach of a point
//! ([`bounds`](super::bounds)). The tree depends on the points and their order alone.
//!
//! Reference: Friedman, Bentley and Finkel, "An Algorithm for Finding Best Matches in Logarithmic
//! Expected Time", ACM Trans. Math. Softw. 3 (1977): cut the box of points where it is widest.

use super::axis_kernels::STRIDE;

/// No cut leaves less than this part of a chunk on either side.
const SMALLEST_SHARE: usize = 4;
/// Bandwidths between the quarters of a chunk that make a cut worth while. A box of this size is left out as
/// often whether it is halved along one axis or the other, and soonest along those that are looked at first.
const ENOUGH: f64 = 32.0;
/// How far apart two options count to be, in bandwidths.
const BETWEEN_OPTIONS: f64 = 4.0;

/// A cut: points whose coordinate along `axis` is below `at` lie on one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cut {
    axis: usize,
    at: f64,
}

impl Cut {
    /// Whether a point lies below the cut; one without a coordinate there does not.
    pub fn is_below(self, coordinate: impl Fn(usize) -> f64) -> bool {
        key(coordinate(self.axis)) < self.at
    }

    /// The cut between the points of a chunk where those are farthest apart, if one leaves enough of them on
    /// either side. `unit` tells the bandwidth along an axis, None for options; `coordinates` writes
    /// those of all points.
    pub fn best(
        axes: usize,
        unit: impl Fn(usize) -> Option<f64>,
        mut coordinates: impl FnMut(usize, &mut Vec<f64>),
    ) -> Option<Self> {
        let mut sorted = Vec::new();
        let (mut best, mut widest) = (None, 0.0);
        for axis in 0..axes {
            sorted.clear();
            coordinates(axis, &mut sorted);
            for x in &mut sorted {
                *x = key(*x);
            }
            sorted.sort_unstable_by(f64::total_cmp);
            let least = sorted.len() / SMALLEST_SHARE;
            let (low, high) = (sorted[least], sorted[sorted.len() - least - 1]);
            if low == high {
                continue;
            }
            let width = match unit(axis) {
                Some(unit) => ((high - low) / unit).min(f64::MAX),
                None => BETWEEN_OPTIONS,
            };
            if axis % STRIDE == 0 && widest >= ENOUGH {
                break;
            }
            if width > widest {
                let middle = sorted[sorted.len() / 2];
                let at = if middle > low {
                    middle
                } else {
                    sorted[sorted.partition_point(|x| *x <= low)]
                };
                (best, widest) = (Some(Self { axis, at }), width);
            }
        }
        best
    }
}

/// A missing coordinate counts as larger than all others.
fn key(coordinate: f64) -> f64 {
    if coordinate.is_nan() {
        f64::INFINITY
    } else {
        coordinate
    }
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Fork {
        cut: Cut,
        below: usize,
        above: usize,
    },
    Chunk(usize),
}

/// The tree; at first there is one chunk, number 0.
#[derive(Clone, Debug)]
pub struct Tree(Vec<Node>);

/// Where a chunk hangs in the tree.
#[derive(Clone, Copy, Debug)]
pub struct Leaf(usize);

impl Default for Tree {
    fn default() -> Self {
        Self(vec![Node::Chunk(0)])
    }
}

impl Tree {
    /// The chunk for a point.
    pub fn find(&self, coordinate: impl Fn(usize) -> f64) -> (Leaf, usize) {
        let mut node = 0;
        loop {
            match self.0[node] {
                Node::Chunk(chunk) => return (Leaf(node), chunk),
                Node::Fork { cut, below, above } => {
                    node = if cut.is_below(&coordinate) {
                        below
                    } else {
                        above
                    };
                }
            }
        }
    }

    /// Cuts the chunk of a leaf in two: its own, below, and a new one.
    pub fn fork(&mut self, leaf: Leaf, cut: Cut, new: usize) {
        let below = self.0.len();
        self.0.extend([self.0[leaf.0], Node::Chunk(new)]);
        self.0[leaf.0] = Node::Fork {
            cut,
            below,
            above: below + 1,
        };
    }

    /// Hangs another chunk in the place of one that is full of points that cannot be told apart.
    pub fn replace(&mut self, leaf: Leaf, new: usize) {
        self.0[leaf.0] = Node::Chunk(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(points: &[[f64; 2]], units: [Option<f64>; 2]) -> Option<Cut> {
        Cut::best(
            2,
            |axis| units[axis],
            |axis, out| out.extend(points.iter().map(|p| p[axis])),
        )
    }

    #[test]
    fn the_cut_goes_through_the_widest_axis_in_bandwidths() {
        let points: Vec<[f64; 2]> = (0..8).map(|i| [f64::from(i), 3.0 * f64::from(i)]).collect();
        let wide = best(&points, [Some(1.0), Some(1.0)]).unwrap();
        assert_eq!(wide, Cut { axis: 1, at: 12.0 });
        let narrow = best(&points, [Some(0.01), Some(1.0)]).unwrap();
        assert_eq!(narrow, Cut { axis: 0, at: 4.0 });
    }

    #[test]
    fn no_cut_leaves_less_than_a_quarter() {
        let mut points: Vec<[f64; 2]> = vec![[0.0, 5.0]; 8];
        assert_eq!(best(&points, [Some(1.0), None]), None);
        points[0][0] = 100.0;
        assert_eq!(best(&points, [Some(1.0), None]), None);
        for point in &mut points[..3] {
            point[1] = f64::NAN;
        }
        let cut = best(&points, [Some(1.0), None]).unwrap();
        let below = points.iter().filter(|p| cut.is_below(|axis| p[axis]));
        assert_eq!(below.count(), 5);
    }

    #[test]
    fn points_go_to_the_side_they_lie_on() {
        let mut tree = Tree::default();
        let (root, chunk) = tree.find(|_| 0.0);
        assert_eq!(chunk, 0);
        tree.fork(root, Cut { axis: 1, at: 0.5 }, 1);
        assert_eq!(tree.find(|axis| [0.9, 0.1][axis]).1, 0);
        let (above, chunk) = tree.find(|axis| [0.1, 0.5][axis]);
        assert_eq!(chunk, 1);
        tree.fork(above, Cut { axis: 0, at: 0.3 }, 2);
        assert_eq!(tree.find(|axis| [0.1, 0.9][axis]).1, 1);
        assert_eq!(tree.find(|axis| [f64::NAN, 0.9][axis]).1, 2);
        let (leaf, _) = tree.find(|axis| [0.7, 0.9][axis]);
        tree.replace(leaf, 3);
        assert_eq!(tree.find(|axis| [0.7, 0.9][axis]).1, 3);
    }
}

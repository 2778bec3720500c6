//! Disjoint sets of rows.

/// Sets that grow by joining (Tarjan 1975), each named by its smallest row.
pub(super) struct DisjointSets(Vec<u32>);

impl DisjointSets {
    /// A set for each row.
    pub(super) fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }

    /// The name of a row's set. Paths are halved on the way.
    pub(super) fn find(&mut self, mut row: u32) -> u32 {
        while self.0[row as usize] != row {
            let above = self.0[self.0[row as usize] as usize];
            self.0[row as usize] = above;
            row = above;
        }
        row
    }

    /// Makes one set of the sets of two rows.
    pub(super) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

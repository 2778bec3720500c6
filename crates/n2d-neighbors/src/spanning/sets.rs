//! Disjoint sets of components.

/// Sets that grow by joining (Tarjan 1975), with the smallest member as the name of each.
pub(super) struct DisjointSets(Vec<u32>);

impl DisjointSets {
    pub(super) fn new(n: usize) -> Self {
        Self((0..n as u32).collect())
    }

    fn find(&mut self, mut member: u32) -> u32 {
        while self.0[member as usize] != member {
            let above = self.0[self.0[member as usize] as usize];
            self.0[member as usize] = above;
            member = above;
        }
        member
    }

    /// Whether two sets became one.
    pub(super) fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
        a != b
    }

    /// The number of the set of each member, counted from zero, and how many sets there are.
    pub(super) fn labels(&mut self) -> (Vec<u32>, usize) {
        let n = self.0.len();
        let mut label = vec![0; n];
        let mut count = 0;
        for member in 0..n {
            let name = self.find(member as u32) as usize;
            if name == member {
                label[member] = count;
                count += 1;
            } else {
                label[member] = label[name];
            }
        }
        (label, count as usize)
    }
}

//! Kleene's three-valued logic.

/// What we know of a statement. The order is "how true": `and` is the smaller, `or` the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It certainly does not hold.
    No,
    /// Something unknown decides.
    Maybe,
    /// It certainly holds.
    Yes,
}

impl Truth {
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    pub fn negate(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Maybe => Truth::Maybe,
            Truth::Yes => Truth::No,
        }
    }

    /// True when one of them is.
    pub fn any(all: impl IntoIterator<Item = Truth>) -> Truth {
        all.into_iter().fold(Truth::No, Truth::or)
    }

    /// True when at least `wanted` of them are.
    pub fn at_least(wanted: usize, all: &[Truth]) -> Truth {
        let certain = all.iter().filter(|truth| **truth == Truth::Yes).count();
        let possible = all.iter().filter(|truth| **truth != Truth::No).count();
        if certain >= wanted {
            Truth::Yes
        } else if possible < wanted {
            Truth::No
        } else {
            Truth::Maybe
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Truth {
        if known { Truth::Yes } else { Truth::No }
    }
}

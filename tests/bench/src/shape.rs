//! The trees that are measured.

use anyhow::{Context, Result};
use tega_tree::{Draft, Name, Path, Tree, Value};

/// The names of a container of a narrow tree.
const FAN: usize = 10;

/// How the leaves of a tree hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Containers of 10 names, as many levels as it takes.
    Narrow,
    /// One container.
    Wide,
}

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Narrow => "narrow",
            Self::Wide => "wide",
        }
    }

    /// The path of a leaf of a tree with so many of them: names of 16 bytes.
    pub(crate) fn leaf(self, index: usize, leaves: usize) -> Result<Path> {
        let mut names = vec![Name::from("bench")];
        match self {
            Self::Wide => names.push(name(index)),
            Self::Narrow => {
                let mut below = leaves.div_ceil(FAN);
                let mut rest = index;
                while below > 0 {
                    names.push(name(rest / below));
                    rest %= below;
                    below /= FAN;
                }
            }
        }
        Path::from_names(names).context("a path of the benchmark is none")
    }

    /// A tree with so many leaves of 8 bytes.
    pub(crate) fn tree(self, leaves: usize) -> Result<Tree> {
        let mut draft = Draft::new(Tree::default());
        for index in 0..leaves {
            draft.put(self.leaf(index, leaves)?, text(8))?;
        }
        Ok(draft.into_tree())
    }
}

/// A string of so many bytes.
pub(crate) fn text(bytes: usize) -> Value {
    Value::String("v".repeat(bytes).into())
}

fn name(index: usize) -> Name {
    Name::from(format!("name-{index:011}"))
}

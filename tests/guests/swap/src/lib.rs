//! A guest that is replaced while it works: it tells which version it is, and counts each commit that it is told of.
//!
//! A test makes other versions of it by writing other digits into its bytes.

use std::hint::black_box;

use tega_plugin::{Changes, Commit, Rejection, Result, log, own, tree};

/// Where the digits stand.
static VERSION: [u8; 16] = *b"swap-version-000";

/// How often a slow callback looks whether it has been slow enough.
const ROUNDS: u64 = 100_000_000;

/// The most that two nodes may have together.
const SUM_MAX: u64 = 100;

fn version() -> Result<u32> {
    let digits = black_box(&VERSION)[13..].iter();
    Ok(digits.fold(0, |version, digit| version * 10 + u32::from(digit - b'0')))
}

/// Counts in a node for each commit, so that one that is told twice shows.
fn count(commit: Commit) -> Result<()> {
    if commit.changes.iter().any(|change| change.path().first().is_some_and(|root| root == "slow")) {
        log::info(format!("begins with the commit {}", commit.revision));
        for round in 0..ROUNDS {
            black_box(round);
        }
    }
    let seen = own(&["seen", &format!("r{}", commit.revision)]);
    let times = tree::get::<u64>(&seen)?.unwrap_or(0);
    tree::put(&seen, &(times + 1))
}

/// Refuses what would make two nodes, of roots of their own, too large together: whoever writes one must have read the other.
fn within_sum(changes: &mut Changes) -> Result<(), Rejection> {
    let of = |root: &str| tree::get::<u64>(&[root, "n"]).map(Option::unwrap_or_default);
    let sum = of("left")? + of("right")?;
    if changes.is_empty() || sum <= SUM_MAX { Ok(()) } else { Err(Rejection::new(format!("{sum} is over {SUM_MAX}"))) }
}

tega_plugin::plugin! {
    wants: { read: ["load", "slow", "left", "right"] },
    methods: {
        /// Answers which version it is.
        "swap.version" => version,
    },
    commits: ["load", "slow"] => count,
    transforms: ["left", "right"] => within_sum,
}

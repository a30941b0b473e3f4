//! A method that books visits, and a subscription that counts them.

use serde::{Deserialize, Serialize};
use tega_plugin::schemars::{self, JsonSchema};
use tega_plugin::{Commit, Error, Result, own, tree};

#[derive(Deserialize, JsonSchema)]
struct Visit {
    site: String,
    #[serde(default)]
    hours: u32,
}

#[derive(JsonSchema, Serialize)]
struct Booked {
    hours: u32,
}

fn book(visit: Visit) -> Result<Booked> {
    if visit.hours > 24 {
        return Err(Error::invalid("a visit takes 24 hours at most"));
    }
    let hours = tree::get(&["visits", &visit.site])?.unwrap_or(0) + visit.hours;
    tree::put(&["visits", &visit.site], &hours)?;
    Ok(Booked { hours })
}

fn count(_: Commit) -> Result<()> {
    let commits: u64 = tree::get(&own(&["commits"]))?.unwrap_or(0);
    tree::put(&own(&["commits"]), &(commits + 1))
}

tega_plugin::plugin! {
    wants: { read: ["inventory", "visits"], write: ["visits"] },
    methods: {
        /// Adds a visit to a site's hours.
        "visits.book" => book,
    },
    commits: ["inventory"] => count,
}

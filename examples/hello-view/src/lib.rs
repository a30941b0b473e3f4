//! A view: a node that is computed when it is read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tega_plugin::{Result, tree};

/// What counts of a device.
#[derive(Deserialize)]
struct Device {
    #[serde(default = "nowhere")]
    site: String,
}

fn nowhere() -> String {
    "nowhere".into()
}

/// What is at a node: clients may put anything there.
#[derive(Deserialize)]
#[serde(untagged)]
enum Found<T> {
    Fit(T),
    Other(IgnoredAny),
}

impl<T> Found<T> {
    fn fit(self) -> Option<T> {
        match self {
            Self::Fit(fit) => Some(fit),
            Self::Other(_) => None,
        }
    }
}

/// **A view** reads what the reader is shown, and writes nothing. `None` says that there is nothing now: then the node is not
/// there.
fn sites() -> Result<Option<BTreeMap<String, u32>>> {
    let inventory: Option<Found<BTreeMap<String, Found<Device>>>> = tree::get(&["inventory"])?;
    Ok(inventory.and_then(Found::fit).map(|devices| count(devices.into_values().filter_map(Found::fit))))
}

/// How many devices each site has: apart from the reading, so that it is tested without a daemon.
fn count(devices: impl Iterator<Item = Device>) -> BTreeMap<String, u32> {
    let mut sites = BTreeMap::new();
    for device in devices {
        *sites.entry(device.site).or_insert(0) += 1;
    }
    sites
}

tega_plugin::plugin! {
    wants: { read: ["inventory"] },
    views: {
        /// How many devices each site has.
        "report.sites" => sites,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_counted_by_their_site() {
        let devices = ["north", "south", "north"].map(|site| Device { site: site.into() });
        assert_eq!(count(devices.into_iter()), [("north".to_owned(), 2), ("south".to_owned(), 1)].into());
    }
}

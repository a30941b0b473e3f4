//! A view: a node that is computed when it is read.

use std::collections::BTreeMap;

use serde::Deserialize;
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

/// **A view** reads what the reader is shown, and writes nothing. `None` says that there is nothing now: then the node is not
/// there.
fn sites() -> Result<Option<BTreeMap<String, u32>>> {
    let inventory: Option<BTreeMap<String, Device>> = tree::get(&["inventory"])?;
    Ok(inventory.map(|devices| count(devices.into_values())))
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

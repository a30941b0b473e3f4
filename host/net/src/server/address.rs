//! The connections of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of each address. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    limit: usize,
}

/// A place among the connections of an address. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct AddressPlace {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    /// So many for each.
    pub(crate) fn new(limit: usize) -> Self {
        Self { counts: Arc::default(), limit }
    }

    /// A place for a further connection of an address, where it has one left.
    pub(crate) fn place(&self, address: IpAddr) -> Option<AddressPlace> {
        let address = counted_as(address);
        let mut counts = self.counts();
        let count = counts.entry(address).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(AddressPlace { addresses: self.clone(), address })
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Each change of the table is whole before anything can panic.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// An address as it is counted: one of IPv4 in the form of IPv6 as that of IPv4, one of IPv6 by its first 64 bits.
fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let addresses = Addresses::new(2);
        let place = |text: &str| addresses.place(text.parse().unwrap());
        let (one, two) = (place("10.0.0.1").unwrap(), place("::ffff:10.0.0.1").unwrap());
        assert!(place("10.0.0.1").is_none() && place("10.0.0.2").is_some());
        drop(one);
        assert!(place("10.0.0.1").is_some());
        drop(two);
        let _net = (place("2001:db8::1").unwrap(), place("2001:db8::ffff:2").unwrap());
        assert!(place("2001:db8::3").is_none() && place("2001:db8:0:1::3").is_some());
        drop(_net);
        assert!(addresses.counts().is_empty());
    }
}

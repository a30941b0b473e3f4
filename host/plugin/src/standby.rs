//! What stands in the place of a plugin's transforms and guards while no version of it is in service.

use std::sync::Arc;

use tega_engine::port::{Edit, Guard, HookError, HookPlace, Judged, Pending, Policy, Transform};

use crate::service::Vitals;

/// Stands in the place of one transform or guard: refuses the commits that it should judge, or lets them pass and counts them.
#[derive(Debug)]
pub(crate) struct Standby {
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) place: HookPlace,
    pub(crate) policy: Policy,
}

impl Standby {
    fn judge<T: Default + Send + 'static>(&self) -> Pending<'_, Result<T, HookError>> {
        let judged = match self.policy {
            Policy::Pass => {
                self.vitals.unjudged.increment();
                Ok(T::default())
            }
            Policy::Reject => Err(HookError::Unavailable { reason: "it is not in service".to_owned() }),
        };
        Box::pin(std::future::ready(judged))
    }
}

impl Transform for Standby {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn transform(&self, _: Judged) -> Pending<'_, Result<Vec<Edit>, HookError>> {
        self.judge()
    }
}

impl Guard for Standby {
    fn place(&self) -> &HookPlace {
        &self.place
    }

    fn check(&self, _: Judged) -> Pending<'_, Result<(), HookError>> {
        self.judge()
    }
}

//! Imports that this version of tega does not offer, with stand-ins in their places, so that the rest can be looked at.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance, ResourceType};

use crate::error::LoadError;
use crate::load::import;
use crate::state::State;

/// Links a component; what is missing traps when it is called, and is named.
pub(super) fn link(
    linker: &Linker<State>,
    component: &Component,
) -> Result<(InstancePre<State>, Vec<String>), LoadError> {
    let mut linker = linker.clone();
    // What is there, but not of the form that the component wants, is missing as well.
    linker.allow_shadowing(true);
    let mut missing: Vec<String> = Vec::new();
    loop {
        let error = match linker.instantiate_pre(component) {
            Ok(pre) => return Ok((pre, missing)),
            Err(error) => import(&error),
        };
        // One that a stand-in does not do for is told alone.
        let LoadError::Import { name, .. } = &error else { return Err(error) };
        if missing.contains(name) || stand_in(&mut linker, component, name).is_err() {
            return Err(error);
        }
        missing.push(name.clone());
    }
}

fn stand_in(linker: &mut Linker<State>, component: &Component, name: &str) -> wasmtime::Result<()> {
    let engine = component.engine();
    let form = component.component_type();
    let wanted = form.imports(engine).find(|(import, _)| *import == name);
    match wanted {
        Some((_, wanted)) => define(&mut linker.root(), name, &wanted.ty, engine),
        None => Err(wasmtime::Error::msg("it is imported under another name")),
    }
}

fn define(
    at: &mut LinkerInstance<'_, State>,
    name: &str,
    item: &ComponentItem,
    engine: &wasmtime::Engine,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::ComponentFunc(_) => {
            let told = format!("{name} is not there in this version of tega");
            at.func_new(name, move |_, _, _, _| Err(wasmtime::Error::msg(told.clone())))
        }
        ComponentItem::ComponentInstance(instance) => {
            let mut inner = at.instance(name)?;
            instance.exports(engine).try_for_each(|(name, wanted)| define(&mut inner, name, &wanted.ty, engine))
        }
        ComponentItem::Resource(_) => at.resource(name, ResourceType::host::<()>(), |_, _| Ok(())),
        ComponentItem::Type(_) => Ok(()),
        ComponentItem::CoreFunc(_) | ComponentItem::Module(_) | ComponentItem::Component(_) => {
            Err(wasmtime::Error::msg("there is no stand-in for it"))
        }
    }
}

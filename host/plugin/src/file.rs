//! A plugin's file: its bytes, and the component that they are or hold.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as WASI_0_1, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as ADAPTER,
};
use wasmparser::{Imports, Parser, Payload, Validator, WasmFeatures};
use wit_component::ComponentEncoder;

use crate::digest::Digest;
use crate::error::LoadError;
use crate::limits::FILE_BYTES_MAX;

/// What a plugin's file holds.
#[derive(Debug)]
pub(crate) struct PluginFile {
    /// All of it.
    pub(crate) bytes: Vec<u8>,
    /// Of the bytes.
    pub(crate) digest: Digest,
}

/// The first bytes of each WebAssembly file.
const MAGIC: &[u8] = b"\0asm";

/// The bytes after those: of a core module, and of a component.
const MODULE: &[u8] = &[1, 0, 0, 0];
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];

/// Reads a file, once. It blocks.
pub(crate) fn read(file: &Path) -> Result<PluginFile, LoadError> {
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(LoadError::Read)?;
    if opened.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(LoadError::IsFolder);
    }
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(LoadError::Read)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
        return Err(LoadError::TooLarge);
    }
    Ok(PluginFile { digest: Digest::of(&bytes), bytes })
}

impl PluginFile {
    /// The component that it holds, or that is made of the core module it holds. It takes milliseconds for each megabyte.
    pub(crate) fn component(&self) -> Result<Cow<'_, [u8]>, LoadError> {
        match Kind::of(&self.bytes)? {
            Kind::Component => Ok(Cow::Borrowed(&self.bytes)),
            Kind::Module => encode(&self.bytes).map(Cow::Owned),
        }
    }
}

/// What WebAssembly is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A component.
    Component,
    /// A core module with its component type inside.
    Module,
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, LoadError> {
        match (bytes.get(..4), bytes.get(4..8)) {
            (Some(MAGIC), Some(COMPONENT)) => Ok(Self::Component),
            (Some(MAGIC), Some(MODULE)) => Ok(Self::Module),
            _ => Err(LoadError::NotWasm { beginning: beginning(bytes) }),
        }
    }
}

/// Makes a component of a core module with its component type inside: what cargo and compilers of C put out. Where that imports
/// WASI 0.1, it gets WASI 0.2 for it.
fn encode(module: &[u8]) -> Result<Vec<u8>, LoadError> {
    // The encoder takes for granted that the module is whole.
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    validator.validate_all(module).map_err(|error| LoadError::Damaged { reason: error.to_string() })?;
    if !has_component_type(module) {
        return Err(LoadError::NoType);
    }
    let encoded = ComponentEncoder::default().validate(true).module(module).and_then(|encoder| {
        // Only there: it brings imports of its own, which may be others than the module's.
        let mut encoder = if imports_wasi_0_1(module) { encoder.adapter(WASI_0_1, ADAPTER)? } else { encoder };
        encoder.encode()
    });
    encoded.map_err(|error| LoadError::Encode { reason: format!("{error:#}") })
}

/// Whether there is a section of those that say what component a module is to become.
fn has_component_type(module: &[u8]) -> bool {
    let is_type = |payload: Payload<'_>| matches!(payload, Payload::CustomSection(section) if section.name().starts_with("component-type"));
    Parser::new(0).parse_all(module).any(|payload| payload.is_ok_and(is_type))
}

fn imports_wasi_0_1(module: &[u8]) -> bool {
    let is_wasi = |imports: &Imports<'_>| match imports {
        Imports::Single(_, import) => import.module == WASI_0_1,
        Imports::Compact1 { module, .. } | Imports::Compact2 { module, .. } => *module == WASI_0_1,
    };
    Parser::new(0).parse_all(module).any(|payload| match payload {
        Ok(Payload::ImportSection(imports)) => imports.into_iter().flatten().any(|imports| is_wasi(&imports)),
        _ => false,
    })
}

/// The first bytes, for a person.
fn beginning(bytes: &[u8]) -> String {
    let first = &bytes[..bytes.len().min(8)];
    match std::str::from_utf8(first) {
        Ok("") => "nothing: it is empty".to_owned(),
        Ok(text) if !text.contains(char::is_control) => format!("{text:?}"),
        _ => first.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(bytes: &[u8]) -> Result<Vec<u8>, LoadError> {
        let file = PluginFile { bytes: bytes.to_vec(), digest: Digest::of(bytes) };
        file.component().map(Cow::into_owned)
    }

    #[test]
    fn what_is_no_web_assembly_is_refused_with_its_beginning() {
        let told = |bytes: &[u8]| component(bytes).unwrap_err().to_string();
        assert_eq!(told(b""), "is no WebAssembly: begins with nothing: it is empty");
        assert_eq!(told(b"#!/bin/sh\n"), "is no WebAssembly: begins with \"#!/bin/s\"");
        assert_eq!(told(b"\x7fELF\x02\x01\x01\x00\x00"), "is no WebAssembly: begins with 7f 45 4c 46 02 01 01 00");
        assert_eq!(told(b"\0asm\x02\0\0\0"), "is no WebAssembly: begins with 00 61 73 6d 02 00 00 00");
        assert_eq!(told(b"\0asm"), "is no WebAssembly: begins with 00 61 73 6d");
    }

    #[test]
    fn a_module_that_is_cut_off_is_refused_unless_it_ends_with_a_section() {
        let whole =
            wat::parse_str("(module (memory 1) (func (export \"f\")) (data (i32.const 0) \"some data\"))").unwrap();
        let told = |length: usize| component(&whole[..length]).map_err(|error| error.to_string());
        let refused = (8..whole.len()).filter_map(|length| told(length).err()).collect::<Vec<_>>();
        let damaged = refused.iter().filter(|told| told.starts_with("is damaged, or not whole: ")).count();
        assert!(damaged > whole.len() / 2, "only {damaged} of {}", whole.len());
        // It has no component type, so that is missed where a section ends.
        let typeless =
            refused.iter().filter(|told| told.starts_with("is a core module without a component type")).count();
        assert_eq!((refused.len(), damaged + typeless), (whole.len() - 8, whole.len() - 8), "{refused:?}");
    }

    #[test]
    fn a_component_is_taken_as_it_is() {
        let bytes = [MAGIC, COMPONENT].concat();
        assert_eq!(component(&bytes).unwrap(), bytes);
    }
}

//! WASI 0.2 as guests have it: clocks, random numbers and two outputs; variables, folders and HTTP where they are granted.
//!
//! Not here: arguments, standard input, sockets. They are there to be called, and empty or refused.

mod folder;
mod stdio;

use std::sync::Arc;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::grants::Granted;
use crate::http::{Gate, Outgoing};
use crate::identity::Identity;
use crate::journal::{Journal, Level};
use crate::limits::{HTTP_FIELDS_BYTES_MAX, RESOURCES_MAX};
use crate::state::State;
use stdio::Output;

pub(crate) use folder::{FolderError, FolderGrant};

/// What the WASI functions of one instance know.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    http: WasiHttpCtx,
    pub(crate) outgoing: Outgoing,
}

impl Wasi {
    /// For an instance of a plugin. Opens its folders, on a thread that may block.
    pub(crate) async fn new(identity: &Arc<Identity>, journal: &Arc<Journal>, gate: Gate) -> Result<Self, FolderError> {
        let mut builder = WasiCtx::builder();
        identity.grants.environment.iter().for_each(Granted::used);
        builder
            .envs(&identity.environment)
            .stdout(Output::new(Arc::clone(journal), Level::Info))
            .stderr(Output::new(Arc::clone(journal), Level::Warn))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        if !identity.grants.folders.is_empty() {
            let granted = identity.grants.folders.clone();
            granted.iter().for_each(Granted::used);
            builder = folder::blocking(move || {
                granted.iter().try_for_each(|folder| folder.what.open(&mut builder))?;
                Ok(builder)
            })
            .await?;
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HTTP_FIELDS_BYTES_MAX);
        let outgoing = Outgoing::new(Arc::clone(identity), Arc::clone(journal), gate);
        Ok(Self { context: builder.build(), table, http, outgoing })
    }
}

/// Links WASI 0.2 and `wasi:http`.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi.context, table: &mut self.wasi.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let Wasi { table, http, outgoing, .. } = &mut self.wasi;
        WasiHttpCtxView { hooks: outgoing, table, ctx: http }
    }
}

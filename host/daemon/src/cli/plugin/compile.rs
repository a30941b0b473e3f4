//! `tega plugin compile`: a component compiled in a process of its own, which is nice and can't take more than it may.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use tega_plugin_host::{Layout, compile, limits};

/// How much the process gives way to others: a tenth of their share of a core, where they want it.
const NICE: i32 = 10;

/// What is compiled, and within which bounds.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The component; - takes it from stdin.
    #[arg(default_value = "-")]
    input: PathBuf,
    /// Where the code goes; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Where the memories of instances will lie: reserved or on-demand.
    #[arg(long, value_name = "LAYOUT", default_value_t = Layout::Reserved)]
    layout: Layout,
    /// The memory that it may take, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = limits::COMPILE_BYTES_MAX)]
    memory_bytes_max: u64,
    /// The time of all cores together that it may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = limits::COMPILE_MS_MAX / 1000)]
    cpu_s_max: u64,
}

/// Compiles, within the bounds.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    confine(arguments).context("the bounds can't be set")?;
    let from_stdin = arguments.input.as_os_str() == "-";
    let component = if from_stdin {
        read(std::io::stdin().lock())
    } else {
        File::open(&arguments.input).map_err(Into::into).and_then(read)
    };
    let component = component.with_context(|| format!("{} can't be read", arguments.input.display()))?;
    let code = compile(&component, arguments.layout);
    let code = if from_stdin { code? } else { code.with_context(|| arguments.input.display().to_string())? };
    let written = if arguments.output.as_os_str() == "-" {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&code).and_then(|()| stdout.flush())
    } else {
        std::fs::write(&arguments.output, &code)
    };
    written.with_context(|| format!("{} can't be written", arguments.output.display()))
}

/// Sets bounds that the system keeps, for this process and for good.
fn confine(arguments: &Arguments) -> rustix::io::Result<()> {
    let at_most = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    // Where it runs into a bound it is aborted, which is nothing to keep an image of.
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Data, at_most(arguments.memory_bytes_max))?;
    setrlimit(Resource::Cpu, at_most(arguments.cpu_s_max))?;
    nice(NICE).map(drop)
}

fn read(input: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(limits::COMPONENT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    ensure!(length <= limits::COMPONENT_BYTES_MAX, "it is larger than {} bytes", limits::COMPONENT_BYTES_MAX);
    Ok(bytes)
}

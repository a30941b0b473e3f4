//! `tega plugin build`: a plugin built, and looked at as the daemon will.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tega_build::{Project, SdkStanding, sdk_standing};
use tega_engine::port::{PluginReport, PluginState};
use tega_plugin_host::Compiler;

use super::script::World;
use crate::cli::output;

/// What is built, and where what cargo makes goes.
#[derive(Clone, Debug, clap::Args)]
pub struct BuildArguments {
    /// The folder of the plugin's project.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) project: PathBuf,
    /// The folder for what cargo makes. Plugins that share one share what they depend on. [default: DIR/target/wasm]
    #[arg(long, env = "TEGA_BUILD_TARGET", value_name = "DIR")]
    pub(super) target: Option<PathBuf>,
}

/// What was built.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) project: Project,
    /// The module, `NAME.wasm`; beside it lies `NAME.toml`.
    pub(super) wasm: PathBuf,
}

/// Builds, looks at what came out as the daemon will, and says what comes next.
pub(super) async fn run(arguments: &BuildArguments) -> Result<()> {
    let built = build(arguments)?;
    let report = checked(&built).await?;
    let bytes = std::fs::metadata(&built.wasm)?.len();
    let mut told = format!("{} {}\n", report.name, report.version.as_deref().unwrap_or_default());
    let mut line = |what: &str, text: &str| told.push_str(&format!("  {what:<8} {text}\n"));
    line("file", &built.wasm.display().to_string());
    line("size", &format!("{bytes} bytes"));
    line("sha256", report.digest.as_deref().unwrap_or_default());
    for method in &report.methods {
        line("method", &format!("{}: {}", method.path, method.summary));
    }
    for lacking in &report.grants_lacking {
        line("lacks", &format!("{lacking}, which {} does not grant", built.project.settings().display()));
    }
    let plugins = built.project.plugins();
    told.push_str(&format!("next\n  tega plugin test\n  tega serve --plugins {}\n", plugins.display()));
    Ok(output::text(&told)?)
}

/// Builds, and lays what came out into the project's plugin folder.
pub(super) fn build(arguments: &BuildArguments) -> Result<Built> {
    let project = Project::open(&arguments.project)?;
    tell_of_sdk(&project)?;
    let module = project.build(arguments.target.as_deref())?;
    let wasm = project.plugins().join(format!("{}.wasm", project.name()));
    lay(&project.settings(), &module, &wasm)?;
    Ok(Built { project, wasm })
}

/// Lays a module and an operator's file, where there is one, into a folder. What is there already stays untouched.
pub(super) fn lay(from: &Path, module: &Path, wasm: &Path) -> Result<()> {
    let folder = wasm.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let settings = wasm.with_extension("toml");
    if from.exists() {
        tega_build::copy_if_different(from, &settings)?;
    } else if settings.exists() {
        std::fs::remove_file(&settings).with_context(|| format!("can't remove {}", settings.display()))?;
    }
    tega_build::copy_if_different(module, wasm)
}

/// Loads what was built into a tega in memory; an error where it is refused.
async fn checked(built: &Built) -> Result<PluginReport> {
    let Built { project, wasm } = built;
    let (world, report) = in_service(wasm, wasm, &project.settings()).await?;
    world.stop().await?;
    Ok(report)
}

/// Starts a tega in memory with the folder that a plugin's file is in, and gives it with the plugin's report. `wasm` and `settings` are
/// the files that those in the folder are copies of: an error that says why the plugin is refused names them.
pub(super) async fn in_service(laid: &Path, wasm: &Path, settings: &Path) -> Result<(World, PluginReport)> {
    let world = World::start(laid.parent().map(Path::to_owned).into_iter().collect()).await?;
    // Others may be there: what the project made under another name before.
    match world.plugins().into_iter().find(|report| Path::new(&report.file).file_name() == laid.file_name()) {
        Some(report) if report.state == PluginState::Running => Ok((world, report)),
        report => {
            world.stop().await?;
            let report = report.with_context(|| format!("{} is not there any more", wasm.display()))?;
            // Where it is for what the file is, the same is told with what to do.
            tega_plugin_host::inspect(wasm, Compiler::InProcess).await?;
            let copied = Path::new(&report.file).with_extension("toml").display().to_string();
            let reason = report.reason.as_deref().unwrap_or("is refused for no reason told");
            bail!("{}: {}", wasm.display(), reason.replace(&copied, &settings.display().to_string()));
        }
    }
}

fn tell_of_sdk(project: &Project) -> Result<()> {
    if let SdkStanding::Other(version) = sdk_standing(project.folder())? {
        output::note(&format!(
            "note: the SDK in {} ({version}) is not that of this tega; `tega plugin refresh` puts that in its place",
            project.folder().join("vendor/tega").display(),
        ));
    }
    Ok(())
}

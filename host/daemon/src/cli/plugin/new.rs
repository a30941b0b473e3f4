//! `tega plugin new`: a project for a plugin in Rust; `tega plugin refresh`: the SDK in one replaced.

use std::path::PathBuf;

use anyhow::Result;
use tega_build::{Project, SdkStanding, refresh_sdk, sdk_standing};

use crate::cli::output;

/// What the new project is called, and where it goes.
#[derive(Debug, clap::Args)]
pub struct NewArguments {
    /// The name of the plugin: 1 to 64 of a-z, 0-9 and -, a letter first.
    name: String,
    /// The folder of the project; it must not be there yet, or be empty. [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

/// The project whose SDK is replaced.
#[derive(Debug, clap::Args)]
pub struct RefreshArguments {
    /// The folder of the project.
    #[arg(value_name = "DIR", default_value = ".")]
    project: PathBuf,
}

/// Makes a project, and says what comes next.
pub(super) fn run(arguments: &NewArguments) -> Result<()> {
    let NewArguments { name, path } = arguments;
    let folder = path.clone().unwrap_or_else(|| PathBuf::from(name));
    Project::create(&folder, name)?;
    let folder = folder.display();
    Ok(output::text(&format!(
        "{folder} holds a plugin with a method and a subscription\nnext\n  cd {folder}\n  tega plugin test\n  tega plugin dev\n"
    ))?)
}

/// Puts the SDK of this program in the place of that in a project.
pub(super) fn refresh(arguments: &RefreshArguments) -> Result<()> {
    let project = Project::open(&arguments.project)?;
    let before = sdk_standing(project.folder())?;
    let folder = refresh_sdk(project.folder())?;
    let told = match before {
        SdkStanding::Same => "is as it was",
        _ => "is that of this tega now",
    };
    Ok(output::line(&format!("the SDK in {} {told}", folder.display()))?)
}

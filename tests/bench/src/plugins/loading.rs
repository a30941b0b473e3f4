//! From a file to a plugin in service: at the start, with what was compiled before or without, and while the host runs.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use tega_tree::Path as NodePath;
use tokio::runtime::Builder;

use super::bed::Bed;
use super::{Run, bytes};
use crate::samples::Samples;
use crate::table::{Table, Target};

/// Where the version stands in the bytes of the guest `swap`.
const VERSION: &[u8] = b"swap-version-";

pub(super) fn measure(run: &Run, table: &mut Table) -> Result<()> {
    table.heading("from a file to a plugin in service, medians of rounds");
    Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let folder = run.plugins(&[("swap", "")])?;
        let file = folder.path().join("swap.wasm");
        let bed = Bed::start(run, folder.path()).await?;
        let (mut new, mut known) = (Samples::default(), Samples::default());
        for round in 0..run.rounds(10, 3) {
            let number = u32::try_from(round)? + 1;
            new.push(replaced(&bed, &file, number).await?);
            known.push(replaced(&bed, &file, 0).await?);
        }
        let load = format!("Rust, {} kB", bytes("swap")?.len() / 1000);
        table.row(
            "file replaced to the new version's answer",
            &load,
            (new.median() * 1e3, "ms"),
            Target::AtMost(500.0),
        );
        table.note("of it 150 ms that a file has to stand still".to_owned());
        let known = known.median() * 1e3;
        table.row("the same for a version that was there before", &load, (known, "ms"), Target::AtMost(500.0));
        bed.stop().await?;
        starts(run, table, &load, &bytes("swap")?).await?;
        match &run.large {
            Some(file) => {
                let bytes = std::fs::read(file)?;
                starts(run, table, &format!("--large, {} kB", bytes.len() / 1000), &bytes).await
            }
            None => {
                table.skipped("a large component", "for none was given: --large FILE");
                Ok(())
            }
        }
    })
}

/// How long it takes from another file to its answer, in seconds.
async fn replaced(bed: &Bed, file: &Path, number: u32) -> Result<f64> {
    let (version, path) = (version(number)?, NodePath::parse("swap.version")?);
    let (aside, expected) = (file.with_extension("aside"), number.to_string());
    std::fs::write(&aside, version)?;
    let begin = Instant::now();
    std::fs::rename(aside, file)?;
    while bed.call(&path, "{}").await? != expected {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        ensure!(begin.elapsed().as_secs() < 60, "version {number} never answered: {:?}", bed.host.list());
    }
    Ok(begin.elapsed().as_secs_f64())
}

/// A version of the guest.
fn version(number: u32) -> Result<Vec<u8>> {
    let mut bytes = bytes("swap")?;
    let at = bytes.windows(VERSION.len()).position(|window| window == VERSION);
    let digits = at.and_then(|at| bytes.get_mut(at + VERSION.len()..at + VERSION.len() + 3));
    let Some(digits) = digits else { anyhow::bail!("the guest swap has no version in it") };
    digits.copy_from_slice(format!("{number:03}").as_bytes());
    Ok(bytes)
}

/// How long a host with one plugin takes to start, for the first time and again.
async fn starts(run: &Run, table: &mut Table, load: &str, plugin: &[u8]) -> Result<()> {
    let (mut cold, mut warm) = (Samples::default(), Samples::default());
    for _ in 0..run.rounds(5, 1) {
        let folder = run.plugins(&[])?;
        std::fs::write(folder.path().join("plugin.wasm"), plugin)?;
        let bed = Bed::start(run, folder.path()).await?;
        cold.push(bed.started);
        let bed = bed.again(folder.path()).await?;
        warm.push(bed.started);
        bed.stop().await?;
    }
    table.figure("start of the host with one plugin, never seen", load, (cold.median() * 1e3, "ms"));
    table.figure("the same with what it compiled before", load, (warm.median() * 1e3, "ms"));
    Ok(())
}

//! The guide's table of settings is what can be set.

use std::fmt::Write;

use clap::{Args, Command};
use tega_net::NetOptions;

use super::Settings;
use crate::Config;

/// A setting, as `--help` has it.
struct Described {
    name: String,
    default: Option<String>,
    meaning: String,
}

fn described() -> Vec<Described> {
    let command = Settings::augment_args(Command::new("serve"));
    let describe = |argument: &clap::Arg| {
        let help = argument.get_help().unwrap().to_string();
        let (meaning, default) = match help.split_once(" [default: ") {
            Some((meaning, default)) => (meaning, Some(default.strip_suffix(']').unwrap().to_owned())),
            None => (help.as_str(), None),
        };
        Described { name: argument.get_id().to_string(), default, meaning: meaning.to_owned() }
    };
    command.get_arguments().map(describe).collect()
}

#[test]
fn the_guide_lists_every_setting_with_its_default() {
    let page = include_str!("../../../../docs/guide/settings.md");
    let mut table = String::new();
    for Described { name, default, meaning } in described() {
        let default = default.map_or_else(|| "-".to_owned(), |default| format!("`{default}`"));
        let meaning = meaning.trim_end_matches('.').replace('|', "\\|");
        writeln!(table, "| `{name}` | {default} | {meaning} |").unwrap();
    }
    assert!(page.contains(&table), "the table of docs/guide/settings.md should be:\n{table}");
}

#[test]
fn each_number_of_the_network_can_be_set_and_has_the_default_that_is_told() {
    let defaults = NetOptions::default().settings();
    let described = described();
    for (index, setting) in defaults.iter().enumerate() {
        let told = described.iter().find(|other| other.name == setting.name).unwrap_or_else(|| panic!("{setting:?}"));
        assert_eq!(told.default.as_deref(), Some(&*setting.value.to_string()), "{}", setting.name);
        let other = setting.value + 1;
        let settings: Settings = toml::from_str(&format!("{} = {other}\n", setting.name)).unwrap();
        let set = Config::from(Settings::default().or(settings)).net.settings();
        for (position, (now, default)) in set.iter().zip(&defaults).enumerate() {
            let expected = if position == index { other } else { default.value };
            assert_eq!(now.value, expected, "{} where {} is set", now.name, setting.name);
        }
    }
}

//! Random names, values and transactions: from few names, so that they meet, and with the odd ones among them.

use std::collections::BTreeSet;
use std::time::Duration;

use tega_engine::{ConfirmId, Which};
use tega_tree::Version;

use crate::json::Json;
use crate::model::Model;
use crate::node::Node;
use crate::plan::{Ask, Confirming, Demand, Names, Plan};
use crate::random::Random;

const ROOTS: [&str; 5] = ["a", "b.c", "", "\"ü\" \\", "inventory"];
const NAMES: [&str; 5] = ["a", "b", "", "10.0.0.1/31", "\"q\" ü"];
const ODD_NAMES: [&str; 8] = ["*", "**", "0", "__", "line\nend\u{1}", "(a=b)", "~x", "%41😀"];
const NUMBERS: [&str; 8] = ["1", "1.0", "1e2", "100", "-0", "0.5", "1E+2", "12345678901234567890"];
const TEXTS: [&str; 5] = ["", "x", "a.b \"c\"\n", "ünï😀", "0123456789 0123456789 0123456789 0123456789"];
const TAGS: [&str; 4] = ["t", "golden", "x-1.0", "später"];
const NO_TAGS: [&str; 3] = ["", "1", "-x"];

/// The longest time for a confirmation: it does not run out in a test.
pub(crate) const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is put together from random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    /// So many children may be put into a container at once; 0 for few.
    pub(crate) wide: usize,
    /// Of a hundred transactions so many begin a confirmed commit, and more are to extend one.
    pub(crate) confirming: usize,
}

impl Words {
    fn name(random: &mut Random) -> String {
        let names = if random.percent(4) { &ODD_NAMES[..] } else { &NAMES[..] };
        (*random.pick(names)).to_owned()
    }

    fn scalar(random: &mut Random) -> Json {
        match random.below(8) {
            0 => Json::Null,
            1 => Json::Bool(random.percent(50)),
            2..=5 => Json::Number((*random.pick(&NUMBERS)).to_owned()),
            _ => Json::Text((*random.pick(&TEXTS)).to_owned()),
        }
    }

    fn list(random: &mut Random) -> Json {
        let items = (0..random.below(4)).map(|_| match random.below(5) {
            0 => Self::list(random),
            1 => Self::object(random, Self::scalar),
            _ => Self::scalar(random),
        });
        Json::List(items.collect())
    }

    fn object(random: &mut Random, member: impl Fn(&mut Random) -> Json) -> Json {
        let names: BTreeSet<String> = (0..random.below(4)).map(|_| Self::name(random)).collect();
        let mut members: Vec<(String, Json)> = names.into_iter().map(|name| (name, member(random))).collect();
        if random.percent(50) {
            members.reverse();
        }
        Json::Object(members)
    }

    /// A value so many levels deep at most.
    fn value(random: &mut Random, levels: usize) -> Json {
        match random.below(10) {
            0..=4 => Self::scalar(random),
            5 => Self::list(random),
            _ if levels == 0 => Json::Object(Vec::new()),
            _ => Self::object(random, |random| Self::value(random, levels - 1)),
        }
    }

    /// A value for a put: at times as the internal form of a node gives it, or a wide container.
    fn put_value(&self, random: &mut Random) -> Json {
        if self.wide > 0 && random.percent(20) {
            let child = |number: usize| {
                let text = "w".repeat(random.below(1 + number * number % 97));
                (format!("n{number:04}"), Json::Text(text))
            };
            return Json::Object((0..self.wide).map(child).collect());
        }
        let value = Self::value(random, 2);
        if !random.percent(2) {
            return value;
        }
        let inner = ("_value".to_owned(), value);
        Json::Object(vec![("_version".to_owned(), Json::Number("3".to_owned())), inner])
    }

    /// A value that a merge makes something of: nulls that remove, members that change.
    fn patch(random: &mut Random, levels: usize) -> Json {
        if levels == 0 || random.percent(10) {
            return Self::value(random, 1);
        }
        Self::object(random, |random| match random.below(3) {
            0 => Json::Null,
            _ => Self::patch(random, levels - 1),
        })
    }

    fn root(random: &mut Random) -> String {
        (*random.pick(&ROOTS)).to_owned()
    }

    /// A path: most often of a node that is there, or of one right below it.
    fn path(&self, random: &mut Random, model: &Model) -> Names {
        let mut names = vec![Self::root(random)];
        if self.wide > 0 && random.percent(30) {
            names.push(format!("n{:04}", random.below(self.wide)));
            return names;
        }
        let mut node = model.node(&names);
        while names.len() < 6 && !random.percent(25) {
            let children = node.and_then(Node::children).filter(|children| !children.is_empty() && !random.percent(25));
            let name = match children {
                Some(children) => children.keys().nth(random.below(children.len())).unwrap().clone(),
                None => Self::name(random),
            };
            node = node.and_then(|node| node.children()?.get(&name));
            names.push(name);
            // Below what is not there one step is enough, most often.
            if node.is_none() && random.percent(70) {
                break;
            }
        }
        names
    }

    /// A path of a node that is there, most often; not often a root's.
    fn path_of_node(&self, random: &mut Random, model: &Model) -> Names {
        let mut names = self.path(random, model);
        while names.len() > 2 && model.node(&names).is_none() && !random.percent(10) {
            names.pop();
        }
        names
    }

    /// One of the states of a root, by any of its names.
    pub(crate) fn which(random: &mut Random, model: &Model, root: &str) -> Which {
        let known = model.roots.get(root);
        let newest = known.map_or(0, crate::root::Root::newest);
        match random.below(12) {
            0..=4 => {
                let readable = known.map(crate::root::Root::readable).unwrap_or_default();
                Which::Version(Version(readable.get(random.below(readable.len().max(1))).copied().unwrap_or(0)))
            }
            5 => Which::Version(Version(u64::try_from(random.below(8)).unwrap() + newest.saturating_sub(6))),
            6 => Which::Tag((*random.pick(&TAGS)).to_owned()),
            7..=9 => Which::StepsBack(u64::try_from(random.below(4)).unwrap()),
            _ => Which::Before(u64::try_from(random.below(4)).unwrap()),
        }
    }

    fn ask(&self, random: &mut Random, model: &Model) -> Ask {
        let path = self.path(random, model);
        match random.below(100) {
            0..=39 => Ask::Put(path, self.put_value(random)),
            40..=54 => Ask::Merge(path, Self::patch(random, 2)),
            55..=77 => Ask::Delete(self.path_of_node(random, model)),
            78..=83 => Ask::Rollback(path[..1].to_vec(), Self::which(random, model, &path[0])),
            84..=89 => Ask::Rollback(path.clone(), Self::which(random, model, &path[0])),
            90..=95 => {
                let names = if random.percent(5) { &NO_TAGS[..] } else { &TAGS[..] };
                let which = Self::which(random, model, &path[0]);
                Ask::Tag { root: path[0].clone(), name: (*random.pick(names)).to_owned(), which }
            }
            96..=97 => {
                let plugin = (*random.pick(&["hello", "rollup"])).to_owned();
                let revision = u64::try_from(random.below(model.made.len() + 1)).unwrap();
                Ask::Cursor { plugin, at: (!random.percent(15)).then_some(revision) }
            }
            _ => {
                let tags: Vec<&String> =
                    model.roots.get(&path[0]).map_or(Vec::new(), |root| root.tags.keys().collect());
                let known = (!tags.is_empty() && !random.percent(10)).then(|| (*random.pick(&tags)).clone());
                Ask::Untag { root: path[0].clone(), name: known.unwrap_or_else(|| (*random.pick(&TAGS)).to_owned()) }
            }
        }
    }

    fn demand(&self, random: &mut Random, model: &Model) -> Demand {
        let path = self.path(random, model);
        let node = model.node(&path);
        let off = usize::from(random.percent(20));
        match random.below(4) {
            0 => {
                let version = node.map_or(0, |node| node.version) + u64::try_from(off).unwrap();
                Demand::Version(path, version)
            }
            1 if off == 0 => Demand::Equal(path, node.map_or(Json::Null, |node| Self::rewritten(&node.json()))),
            1 => Demand::Equal(path, Self::value(random, 1)),
            _ if node.is_some() == (off == 0) => Demand::Present(path),
            _ => Demand::Absent(path),
        }
    }

    /// The same value written in another way: other texts of numbers, members in the other order.
    fn rewritten(json: &Json) -> Json {
        match json {
            Json::Number(text) if text == "1" => Json::Number("1.000".to_owned()),
            Json::Number(text) if text == "1e2" => Json::Number("10E1".to_owned()),
            Json::List(items) => Json::List(items.iter().map(Self::rewritten).collect()),
            Json::Object(members) => {
                Json::Object(members.iter().rev().map(|(name, value)| (name.clone(), Self::rewritten(value))).collect())
            }
            other => other.clone(),
        }
    }

    fn confirming(&self, random: &mut Random, model: &Model) -> Option<Confirming> {
        let time = LONG - Duration::from_millis(u64::try_from(random.below(1000)).unwrap());
        let drawn = random.below(100);
        if drawn < self.confirming {
            return (model.waiting.len() < 4).then_some(Confirming::Begin(time));
        }
        if drawn >= 4 * self.confirming {
            return None;
        }
        let unknown = ConfirmId("0123456789abcdef".to_owned());
        let is_known = !model.waiting.is_empty() && !random.percent(5);
        let id = if is_known { random.pick(&model.waiting).id.clone() } else { unknown };
        (is_known || random.percent(20)).then(|| Confirming::Extend(id, random.percent(50).then_some(time)))
    }

    /// A transaction.
    pub(crate) fn plan(&self, random: &mut Random, model: &Model) -> Plan {
        let asks = 1 + random.below(6).saturating_sub(2);
        let demands = if random.percent(15) { 1 + random.below(2) } else { 0 };
        Plan {
            asks: (0..asks).map(|_| self.ask(random, model)).collect(),
            demands: (0..demands).map(|_| self.demand(random, model)).collect(),
            confirming: self.confirming(random, model),
            message: random.percent(20).then(|| (*random.pick(&TEXTS)).to_owned()),
        }
    }
}

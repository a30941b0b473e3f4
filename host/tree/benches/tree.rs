//! Put, get and image of the tree by size: `cargo bench -p tega-tree`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't run panics")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use tega_tree::{Draft, Editor, Name, Path, Tree, Value, edits};

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// The names of a container of a narrow tree.
const FAN: usize = 10;

/// The pieces that a tree's text is cut into, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// The path of a leaf of a tree with so many of them: in one container, or in containers of 10 names.
type Leaf = fn(index: usize, leaves: usize) -> Path;

fn wide(index: usize, _leaves: usize) -> Path {
    Path::from_names(vec![Name::from("bench"), name(index)]).unwrap()
}

fn narrow(index: usize, leaves: usize) -> Path {
    let mut names = vec![Name::from("bench")];
    let (mut below, mut rest) = (leaves / FAN, index);
    while below > 0 {
        names.push(name(rest / below));
        rest %= below;
        below /= FAN;
    }
    Path::from_names(names).unwrap()
}

fn name(index: usize) -> Name {
    Name::from(format!("name-{index:011}"))
}

fn value() -> Value {
    Value::String("12345678".into())
}

fn tree(leaf: Leaf, leaves: usize) -> Tree {
    let mut draft = Draft::new(Tree::default());
    for index in 0..leaves {
        draft.put(leaf(index, leaves), value()).unwrap();
    }
    draft.into_tree()
}

/// One put, whose former state is kept, and one get, each of a leaf anywhere in the tree.
fn operations(criterion: &mut Criterion) {
    for (shape, leaf) in [("narrow", narrow as Leaf), ("wide", wide as Leaf)] {
        for leaves in SIZES {
            let tree = tree(leaf, leaves);
            // A stride that is prime to each size visits all leaves, far from each other.
            let mut index = 0;
            let mut next = move || {
                index = (index + 617_411) % leaves;
                leaf(index, leaves)
            };
            let mut newest = tree.clone();
            criterion.bench_function(&format!("put/{shape}/{leaves}"), |bencher| {
                let put = |path| {
                    let mut draft = Draft::new(newest.clone());
                    draft.put(path, value()).unwrap();
                    newest = draft.into_tree();
                };
                bencher.iter_batched(&mut next, put, BatchSize::SmallInput);
            });
            criterion.bench_function(&format!("get/{shape}/{leaves}"), |bencher| {
                let get = |path| assert!(tree.node(black_box(&path)).is_some());
                bencher.iter_batched(&mut next, get, BatchSize::SmallInput);
            });
        }
    }
}

/// A tree to the text of a snapshot, and back.
fn snapshot(criterion: &mut Criterion) {
    for (shape, leaf) in [("narrow", narrow as Leaf), ("wide", wide as Leaf)] {
        let leaves = 100_000;
        let tree = tree(leaf, leaves);
        let root = Path::from_names(vec![Name::from("bench")]).unwrap();
        let write = || {
            let mut pieces: Vec<Vec<u8>> = Vec::new();
            let mut take = |piece: &[u8]| {
                pieces.push(piece.to_vec());
                Ok::<_, std::convert::Infallible>(())
            };
            edits(&root, None, tree.node(&root), PIECE_BYTES, &mut take).unwrap();
            pieces
        };
        criterion.bench_function(&format!("write/{shape}/{leaves}"), |bencher| bencher.iter(write));
        let pieces = write();
        criterion.bench_function(&format!("load/{shape}/{leaves}"), |bencher| {
            bencher.iter(|| {
                let mut editor = Editor::new(Name::from("bench"), None);
                for piece in &pieces {
                    editor.apply(piece).unwrap();
                }
                editor
            });
        });
    }
}

fn short() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

criterion_group! { name = benches; config = short(); targets = operations, snapshot }
criterion_main!(benches);

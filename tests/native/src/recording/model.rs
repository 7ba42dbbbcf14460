//! A directory as names and contents that reach the disk each for itself.
//!
//! A tree of a layer is one content: it is whole, empty, or half there.

use crate::Outcome;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// As it lies there, whatever it is: a file or a tree.
    Like(PathBuf),
    /// A tree of which some files are gone and some empty.
    Half(PathBuf),
}

#[derive(Clone, Debug)]
enum Node {
    Directory(BTreeMap<String, usize>),
    File(Content),
}

/// One change of one name, or of one content.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Make { directory: usize, name: String, node: usize, is_directory: bool },
    Move { from: (usize, String), to: (usize, String), node: usize },
    Remove { directory: usize, name: String },
    Data { node: usize, content: Content },
}

impl Op {
    /// Whether a sync of this node brings it to the disk.
    pub(super) fn touches(&self, of: usize) -> bool {
        match self {
            Self::Make { directory, .. } | Self::Remove { directory, .. } => *directory == of,
            Self::Move { from, to, .. } => from.0 == of || to.0 == of,
            Self::Data { node, .. } => *node == of,
        }
    }
}

/// Nodes by number; the first is the top.
#[derive(Clone, Debug)]
pub(super) struct Model {
    nodes: Vec<Option<Node>>,
}

impl Model {
    pub(super) fn of(path: &Path) -> Self {
        let mut model = Self { nodes: vec![Some(Node::Directory(BTreeMap::new()))] };
        model.read(path, 0, path);
        model
    }

    fn read(&mut self, path: &Path, into: usize, top: &Path) {
        for entry in fs::read_dir(path).expect("the copy is there").flatten() {
            let (at, name) = (entry.path(), entry.file_name().into_string().expect("UTF-8"));
            let is_directory = entry.file_type().expect("it can be looked at").is_dir();
            // In layers/HEX: the tree.
            let is_tree = name == "tree" && at.strip_prefix(top).is_ok_and(|at| at.components().count() == 3);
            let node = if is_directory && !is_tree {
                Node::Directory(BTreeMap::new())
            } else {
                Node::File(Content::Like(at.clone()))
            };
            self.nodes.push(Some(node));
            let number = self.nodes.len() - 1;
            self.entries(into).expect("it is a directory").insert(name, number);
            if is_directory && !is_tree {
                self.read(&at, number, top);
            }
        }
    }

    fn entries(&mut self, node: usize) -> Option<&mut BTreeMap<String, usize>> {
        match self.nodes.get_mut(node)?.as_mut()? {
            Node::Directory(entries) => Some(entries),
            Node::File(_) => None,
        }
    }

    /// Of a path; what lies in a tree is the tree.
    pub(super) fn node(&self, path: &Path) -> Option<usize> {
        let mut at = 0;
        for name in path.components() {
            match self.nodes[at].as_ref()? {
                Node::Directory(entries) => at = *entries.get(&*name.as_os_str().to_string_lossy())?,
                Node::File(Content::Bytes(_)) => return None,
                Node::File(Content::Like(_) | Content::Half(_)) => return Some(at),
            }
        }
        Some(at)
    }

    fn place(&self, path: &Path) -> Option<(usize, String)> {
        Some((self.node(path.parent()?)?, path.file_name()?.to_string_lossy().into_owned()))
    }

    fn new_node(&mut self) -> usize {
        self.nodes.push(None);
        self.nodes.len() - 1
    }

    pub(super) fn make(&mut self, path: &Path) -> Option<Op> {
        let (directory, name) = self.place(path)?;
        Some(Op::Make { directory, name, node: self.new_node(), is_directory: true })
    }

    pub(super) fn create(&mut self, path: &Path) -> Option<Op> {
        if self.node(path).is_some() {
            return None;
        }
        let (directory, name) = self.place(path)?;
        Some(Op::Make { directory, name, node: self.new_node(), is_directory: false })
    }

    pub(super) fn data(&self, path: &Path, content: Content) -> Option<Op> {
        Some(Op::Data { node: self.node(path)?, content })
    }

    pub(super) fn append(&self, path: &Path, more: &[u8]) -> Option<Op> {
        let node = self.node(path)?;
        let Some(Some(Node::File(Content::Bytes(before)))) = self.nodes.get(node) else { return None };
        Some(Op::Data { node, content: Content::Bytes([before, more].concat()) })
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> Option<Op> {
        Some(Op::Move { from: self.place(from)?, to: self.place(to)?, node: self.node(from)? })
    }

    /// Of something in a tree: the tree is not whole any more.
    pub(super) fn remove(&self, path: &Path) -> Option<Op> {
        let (node, (directory, name)) = (self.node(path)?, self.place(path)?);
        if let Some(Some(Node::File(Content::Like(tree) | Content::Half(tree)))) = self.nodes.get(directory) {
            let was_whole = matches!(self.nodes[directory], Some(Node::File(Content::Like(_))));
            return was_whole.then(|| Op::Data { node, content: Content::Half(tree.clone()) });
        }
        Some(Op::Remove { directory, name })
    }

    /// The tree, and the store's own files beside it.
    pub(super) fn fill(&mut self, path: &Path, source: &Path) -> Vec<Op> {
        let directory = self.node(path).expect("it was made before it is filled");
        let mut ops = Vec::new();
        for name in ["tree", "index", "split"] {
            let node = self.new_node();
            ops.push(Op::Make { directory, name: name.to_owned(), node, is_directory: false });
            // First half of it: a disk may have that, too.
            let content = source.join(name);
            if name == "tree" {
                ops.push(Op::Data { node, content: Content::Half(content.clone()) });
            }
            ops.push(Op::Data { node, content: Content::Like(content) });
        }
        ops
    }

    pub(super) fn apply(&mut self, op: &Op) {
        match op {
            Op::Make { directory, name, node, is_directory } => {
                while self.nodes.len() <= *node {
                    self.nodes.push(None);
                }
                self.nodes[*node].get_or_insert_with(|| match is_directory {
                    true => Node::Directory(BTreeMap::new()),
                    false => Node::File(Content::Bytes(Vec::new())),
                });
                self.entries(*directory).map(|entries| entries.insert(name.clone(), *node));
            }
            Op::Move { from, to, node } => {
                if let Some(entries) = self.entries(from.0) {
                    entries.remove(&from.1);
                }
                self.entries(to.0).map(|entries| entries.insert(to.1.clone(), *node));
            }
            Op::Remove { directory, name } => {
                self.entries(*directory).map(|entries| entries.remove(name));
            }
            Op::Data { node, content } => {
                while self.nodes.len() <= *node {
                    self.nodes.push(None);
                }
                self.nodes[*node] = Some(Node::File(content.clone()));
            }
        }
    }
}

/// What a cut leaves.
#[derive(Debug)]
pub struct State {
    model: Model,
    key: String,
    what: String,
}

impl State {
    pub(super) fn new(model: &Model, what: String) -> Self {
        let mut key = String::new();
        describe(model, 0, &mut key);
        Self { model: model.clone(), key, what }
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// After which step, and how much was lost.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Makes it at `path`, which is not there.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn write_to(&self, path: &Path) {
        write(&self.model, 0, path);
    }
}

fn describe(model: &Model, node: usize, text: &mut String) {
    match model.nodes.get(node).and_then(Option::as_ref) {
        Some(Node::Directory(entries)) => {
            text.push('{');
            for (name, node) in entries {
                text.push_str(name);
                text.push(':');
                describe(model, *node, text);
            }
            text.push('}');
        }
        Some(Node::File(content)) => text.push_str(&format!("{content:?};")),
        None => text.push_str("nothing;"),
    }
}

fn write(model: &Model, node: usize, path: &Path) {
    let like = |from: &Path| drop(Outcome::of(Command::new("cp").arg("-a").arg(from).arg(path)).ok());
    match model.nodes.get(node).and_then(Option::as_ref) {
        Some(Node::Directory(entries)) => {
            fs::create_dir(path).unwrap_or_else(|e| panic!("making {}: {e}", path.display()));
            for (name, node) in entries {
                write(model, *node, &path.join(name));
            }
        }
        Some(Node::File(Content::Bytes(bytes))) => fs::write(path, bytes).expect("it is writable"),
        Some(Node::File(Content::Like(from))) => like(from),
        Some(Node::File(Content::Half(from))) => {
            like(from);
            let script = "find . -type f -name '*a*' -delete; find . -type f -exec truncate -s 0 {} +";
            Outcome::of(Command::new("sh").args(["-c", script]).current_dir(path)).ok();
        }
        // A name whose inode never came: it is an empty file at best.
        None => fs::write(path, "").expect("it is writable"),
    }
}

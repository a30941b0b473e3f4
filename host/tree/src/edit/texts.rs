//! Edits as they fill one text after the other.

/// What an edit that is a list begins and ends with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) head: Vec<u8>,
    pub(super) tail: &'static [u8],
}

/// A text that is being filled; it is given away when the next edit has no more room in it.
pub(super) struct Texts<'a, F> {
    out: Vec<u8>,
    open: Option<List>,
    bytes_max: usize,
    emit: &'a mut F,
}

impl<'a, E, F: FnMut(&[u8]) -> Result<(), E>> Texts<'a, F> {
    pub(super) fn new(bytes_max: usize, emit: &'a mut F) -> Self {
        Self { out: Vec::new(), open: None, bytes_max, emit }
    }

    /// The room for an item of a list in a text of its own.
    pub(super) fn item_bytes_max(&self, list: &List) -> usize {
        self.bytes_max.saturating_sub(b"[]".len() + list.head.len() + list.tail.len())
    }

    /// Adds a whole edit.
    pub(super) fn edit(&mut self, edit: &[u8]) -> Result<(), E> {
        self.make_room(edit.len())?;
        self.begin();
        self.out.extend_from_slice(edit);
        Ok(())
    }

    /// Adds an item to an edit that is a list: to the one that is open, where it is the same, else to a new one.
    pub(super) fn item(&mut self, list: &List, item: &[u8]) -> Result<(), E> {
        let is_open = self.open.as_ref() == Some(list);
        self.make_room(item.len() + if is_open { 0 } else { list.head.len() + list.tail.len() })?;
        if self.open.as_ref() == Some(list) {
            self.out.push(b',');
        } else {
            self.begin();
            self.out.extend_from_slice(&list.head);
            self.open = Some(list.clone());
        }
        self.out.extend_from_slice(item);
        Ok(())
    }

    /// Gives the text away, where there is one.
    pub(super) fn finish(&mut self) -> Result<(), E> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.close();
        self.out.push(b']');
        let emitted = (self.emit)(&self.out);
        self.out.clear();
        emitted
    }

    /// Gives the text away where so many bytes more would be too many.
    fn make_room(&mut self, bytes: usize) -> Result<(), E> {
        let around = b",]".len() + self.open.as_ref().map_or(0, |list| list.tail.len());
        if self.out.len() + bytes + around > self.bytes_max { self.finish() } else { Ok(()) }
    }

    /// Begins an edit.
    fn begin(&mut self) {
        self.close();
        self.out.push(if self.out.is_empty() { b'[' } else { b',' });
    }

    fn close(&mut self) {
        if let Some(list) = self.open.take() {
            self.out.extend_from_slice(list.tail);
        }
    }
}

//! As Ruby's `pp`: on one line where it fits, else in groups, the outermost opened first.

use crate::data::Value;

/// A value as `pp` prints it on lines of `width` characters, without the last line feed.
#[must_use]
pub fn pretty(value: &Value, width: usize) -> String {
    let mut printer = Printer {
        width,
        groups: vec![Group::default()],
        queue: vec![vec![0]],
        stack: vec![0],
        ..Printer::default()
    };
    printer.value(value);
    printer.flush();
    printer.out
}

/// What is written while it is not known yet whether its groups are broken up.
enum Piece {
    Text(String, usize),
    /// Where a line may end: what stands there else, the indent of the next line, and the group.
    Breakable(&'static str, usize, usize),
}

#[derive(Default)]
struct Group {
    depth: usize,
    /// How many places to break it are in the buffer.
    waiting: usize,
    broken: bool,
}

#[derive(Default)]
struct Printer {
    width: usize,
    out: String,
    column: usize,
    buffer: std::collections::VecDeque<Piece>,
    buffered: usize,
    groups: Vec<Group>,
    /// Groups that are not broken, by depth.
    queue: Vec<Vec<usize>>,
    stack: Vec<usize>,
    indent: usize,
}

impl Printer {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                self.text("[");
                self.group(1, |printer| {
                    for (index, item) in items.iter().enumerate() {
                        printer.comma(index);
                        printer.value(item);
                    }
                });
                self.text("]");
            }
            Value::Hash(map) => {
                self.text("{");
                self.group(1, |printer| {
                    for (index, (key, value)) in map.iter().enumerate() {
                        printer.comma(index);
                        printer.group(0, |printer| {
                            printer.value(key);
                            printer.text("=>");
                            printer.group(1, |printer| {
                                printer.breakable("");
                                printer.value(value);
                            });
                        });
                    }
                });
                self.text("}");
            }
            Value::Str(text)
                if text.trim_end_matches('\n').contains('\n') || text.ends_with("\n\n") =>
            {
                self.group(0, |printer| {
                    for (index, line) in text.split_inclusive('\n').enumerate() {
                        if index > 0 {
                            printer.text(" +");
                            printer.breakable(" ");
                        }
                        printer.text(&Value::from(line).inspect());
                    }
                });
            }
            other => self.text(&other.inspect()),
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.text(",");
            self.breakable(" ");
        }
    }

    fn group(&mut self, indent: usize, inside: impl FnOnce(&mut Self)) {
        let depth = self.stack.len();
        let group = self.groups.len();
        self.groups.push(Group { depth, ..Group::default() });
        if self.queue.len() <= depth {
            self.queue.resize_with(depth + 1, Vec::new);
        }
        self.queue[depth].push(group);
        self.stack.push(group);
        self.indent += indent;
        inside(self);
        self.indent -= indent;
        self.stack.pop();
        if self.groups[group].waiting == 0 {
            self.queue[depth].retain(|queued| *queued != group);
        }
    }

    fn text(&mut self, text: &str) {
        let width = text.chars().count();
        if self.buffer.is_empty() {
            self.out.push_str(text);
            self.column += width;
            return;
        }
        match self.buffer.back_mut() {
            Some(Piece::Text(last, wide)) => {
                last.push_str(text);
                *wide += width;
            }
            _ => self.buffer.push_back(Piece::Text(text.to_owned(), width)),
        }
        self.buffered += width;
        self.break_outermost();
    }

    fn breakable(&mut self, text: &'static str) {
        let group = self.stack.last().copied().unwrap_or(0);
        if self.groups[group].broken {
            self.flush();
            self.new_line(self.indent);
            return;
        }
        self.buffer.push_back(Piece::Breakable(text, self.indent, group));
        self.groups[group].waiting += 1;
        self.buffered += text.len();
        self.break_outermost();
    }

    fn new_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn break_outermost(&mut self) {
        while self.width < self.column + self.buffered {
            let Some(group) = self.next_to_break() else { return };
            while self.groups[group].waiting > 0 {
                self.put_first();
            }
            while matches!(self.buffer.front(), Some(Piece::Text(..))) {
                self.put_first();
            }
        }
    }

    fn next_to_break(&mut self) -> Option<usize> {
        for depth in 0..self.queue.len() {
            if let Some(at) =
                self.queue[depth].iter().rposition(|group| self.groups[*group].waiting > 0)
            {
                let group = self.queue[depth].remove(at);
                self.groups[group].broken = true;
                return Some(group);
            }
            for group in std::mem::take(&mut self.queue[depth]) {
                self.groups[group].broken = true;
            }
        }
        None
    }

    fn put_first(&mut self) {
        match self.buffer.pop_front() {
            Some(Piece::Text(text, width)) => {
                self.out.push_str(&text);
                self.column += width;
                self.buffered -= width;
            }
            Some(Piece::Breakable(text, indent, group)) => {
                self.buffered -= text.len();
                let Group { depth, waiting, broken } = &mut self.groups[group];
                *waiting -= 1;
                if *broken {
                    self.new_line(indent);
                } else {
                    if *waiting == 0 {
                        self.queue[*depth].retain(|queued| *queued != group);
                    }
                    self.out.push_str(text);
                    self.column += text.len();
                }
            }
            None => {}
        }
    }

    fn flush(&mut self) {
        while !self.buffer.is_empty() {
            self.put_first();
        }
        self.buffered = 0;
    }
}

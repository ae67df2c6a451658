//! The scripts, and calls of them.
//!
//! The rules that each keeps: its first line is `#!lua` alone, or with the one flag `no-writes` where it only reads
//! (the server then refuses a write without memory before it begins, and a read never); every key is in KEYS; every
//! key that is written is touched before the first write, or is written first, since an error after a write keeps it;
//! the time is the server's; the answer begins with a word.

use std::sync::LazyLock;

use redis::{Arg, Cmd, Script as Source};

use super::keys::Place;

/// What a key of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Hash,
    List,
    Sorted,
}

impl Kind {
    /// What `TYPE` says of it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Hash => "hash",
            Self::List => "list",
            Self::Sorted => "zset",
        }
    }
}

/// A script.
pub(super) struct Script {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) keys: &'static [Kind],
    hash: LazyLock<String>,
}

macro_rules! scripts {
    ($($script:ident = $name:literal [$($kind:ident),+];)+) => {
        $(pub(super) static $script: Script = Script {
            name: $name,
            text: include_str!(concat!($name, ".lua")),
            keys: &[$(Kind::$kind),+],
            hash: LazyLock::new(|| Source::new(include_str!(concat!($name, ".lua"))).get_hash().to_owned()),
        };)+

        /// All scripts.
        pub(super) static ALL: &[&Script] = &[$(&$script),+];
    };
}

scripts! {
    RESERVE = "reserve" [Hash, Text];
    APPEND = "append" [Hash, List, Sorted, Sorted, Hash, List];
    CLAIM = "claim" [Hash, List, Sorted, Sorted, Hash, List, Text, Hash];
    LOAD = "load" [Hash, List];
    TAKE = "take" [Hash, Sorted];
    POSTPONE = "postpone" [Hash, Sorted];
    APPEND_ACCESS = "append_access" [Hash, Hash, List];
    ACCESS = "access" [Hash, Hash, List];
    OUTBOX = "outbox" [List, Hash];
    OUTBOX_DONE = "outbox_done" [Hash];
    OUTBOX_FORGET = "outbox_forget" [List, Hash];
    LIST = "list" [Sorted, Hash];
    LISTED = "listed" [Sorted, Hash];
    LIVE = "live" [Sorted, Hash];
    WRITE_DOCUMENT = "write_document" [Hash, Text];
    DOCUMENT = "document" [Hash, Text];
    APPEND_REGISTRY = "append_registry" [List];
    SETTLE = "settle" [Hash];
}

impl Script {
    fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether it may write.
    pub(super) fn writes(&self) -> bool {
        !self.text.starts_with("#!lua flags=no-writes\n")
    }
}

/// A command to one place, and what a lost answer means.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) place: Place,
    pub(super) cmd: Cmd,
    pub(super) writes: bool,
    pub(super) script: Option<&'static Script>,
}

impl Call {
    /// A call of a script with these keys.
    pub(super) fn script(script: &'static Script, place: Place, keys: &[String]) -> Self {
        debug_assert_eq!(keys.len(), script.keys.len(), "{}", script.name);
        let mut cmd = redis::cmd("EVALSHA");
        cmd.arg(script.hash()).arg(keys.len()).arg(keys);
        Self { place, cmd, writes: script.writes(), script: Some(script) }
    }

    /// A command that only reads.
    pub(super) fn read(place: Place, cmd: Cmd) -> Self {
        Self { place, cmd, writes: false, script: None }
    }

    /// A command that writes.
    pub(super) fn write(place: Place, cmd: Cmd) -> Self {
        Self { place, cmd, writes: true, script: None }
    }

    /// One more argument.
    pub(super) fn arg(mut self, arg: impl redis::ToSingleRedisArg) -> Self {
        self.cmd.arg(arg);
        self
    }

    /// The same with the script's text, for a server that does not know it yet.
    pub(super) fn with_text(&self) -> Option<Cmd> {
        let script = self.script?;
        let mut cmd = redis::cmd("EVAL");
        cmd.arg(script.text);
        for arg in self.cmd.args_iter().skip(2) {
            if let Arg::Simple(arg) = arg {
                cmd.arg(arg);
            }
        }
        Some(cmd)
    }

    /// The keys of the script, and what each is to be.
    pub(super) fn keys(&self) -> Vec<(String, Kind)> {
        let kinds = self.script.map_or(&[][..], |script| script.keys);
        let keys = self.cmd.args_iter().skip(3).map(|arg| match arg {
            Arg::Simple(key) => String::from_utf8_lossy(key).into_owned(),
            _ => String::new(),
        });
        keys.zip(kinds.iter().copied()).collect()
    }

    /// What it is called in a message.
    pub(super) fn name(&self) -> &'static str {
        self.script.map_or("a command", |script| script.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_starts_with_the_line_that_has_its_slots_and_memory_checked() {
        for script in ALL {
            let first = script.text.lines().next();
            assert!(matches!(first, Some("#!lua" | "#!lua flags=no-writes")), "{}: {first:?}", script.name);
            let writes = ["'SET'", "'HSET'", "'RPUSH'", "'ZADD'", "'DEL'", "'LTRIM'", "'HINCRBY'"];
            let writes = writes.iter().any(|write| script.text.contains(write));
            assert_eq!(script.writes(), writes, "{}", script.name);
        }
    }

    #[test]
    fn a_call_with_the_text_has_the_same_keys_and_arguments() {
        let call = Call::script(&DOCUMENT, Place::Beside, &["a".to_owned(), "b".to_owned()]).arg("c");
        let text = call.with_text().unwrap();
        let args = |cmd: &Cmd| cmd.args_iter().skip(2).map(|arg| format!("{arg:?}")).collect::<Vec<_>>();
        assert_eq!(args(&text), args(&call.cmd));
        assert_eq!(call.keys(), [("a".to_owned(), Kind::Hash), ("b".to_owned(), Kind::Text)]);
    }
}

//! What is wrong with an article, where, and what to do about it.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// `kb lint` fails.
    Error,
    /// Worth a look.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// What a finding means for the article it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// An error that makes it unsafe or impossible to offer the article.
    LeavesOut,
    /// An error that lint reports; the article is offered.
    Reports,
    /// A warning.
    Warns,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $word:literal, $effect:ident;)*) => {
        /// The stable code of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of this file.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it is printed.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)* }
            }
        }
    };
}

codes! {
    /// A file or folder can't be read.
    Unreadable, "unreadable", LeavesOut;
    /// More files than are read.
    TooManyFiles, "too_many_files", LeavesOut;
    /// A file longer than is read.
    FileTooLarge, "file_too_large", LeavesOut;
    /// Bytes that are no UTF-8.
    NotUtf8, "not_utf8", LeavesOut;
    /// A control character or an invisible one.
    HiddenCharacter, "hidden_character", LeavesOut;
    /// No front matter at the beginning of the file.
    FrontMatterMissing, "front_matter_missing", LeavesOut;
    /// Front matter that is no TOML.
    FrontMatterSyntax, "front_matter_syntax", LeavesOut;
    /// A field of the front matter is missing.
    FieldMissing, "field_missing", LeavesOut;
    /// A field of the front matter has the wrong type.
    FieldType, "field_type", LeavesOut;
    /// A field of the front matter that nobody knows.
    FieldUnknown, "field_unknown", Reports;
    /// A field of the front matter says nothing.
    FieldEmpty, "field_empty", Reports;
    /// An article's id is no slug.
    ArticleIdNotSlug, "article_id_not_slug", LeavesOut;
    /// Two articles with one id.
    ArticleIdTwice, "article_id_twice", LeavesOut;
    /// An action block that can't be read.
    ActionSyntax, "action_syntax", LeavesOut;
    /// An action's id is no slug.
    ActionIdNotSlug, "action_id_not_slug", LeavesOut;
    /// Two actions with one id.
    ActionIdTwice, "action_id_twice", LeavesOut;
    /// A fenced block that looks like an action and is none.
    NotQuiteAction, "not_quite_action", Reports;
    /// Text that belongs to no section.
    TextBeforeHeading, "text_before_heading", Warns;
}

impl Code {
    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self.effect() {
            Effect::LeavesOut | Effect::Reports => Severity::Error,
            Effect::Warns => Severity::Warning,
        }
    }

    /// Whether an article with such a finding is left out as a whole.
    pub fn leaves_out(self) -> bool {
        self.effect() == Effect::LeavesOut
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something wrong, where it stands, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Relative to the folder of the knowledge base; empty for the folder itself.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Stable.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Finding {
    /// A finding with its advice.
    pub fn new(
        file: &str,
        line: usize,
        code: Code,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { file: file.to_owned(), line, code, message: message.into(), advice: advice.into() }
    }

    /// `kb/x.md:12: error[code]: message; what to do`, for a knowledge base in `folder`.
    /// Control characters of the article come out escaped.
    pub fn render(&self, folder: &Path) -> String {
        let Self { line, code, message, advice, .. } = self;
        let place = if self.file.is_empty() { folder.to_path_buf() } else { folder.join(&self.file) };
        let left_out = if code.leaves_out() { "; until then the article is left out" } else { "" };
        let text =
            format!("{}:{line}: {}[{code}]: {message}; {advice}{left_out}", place.display(), code.severity());
        text.chars().flat_map(shown).collect()
    }
}

fn shown(c: char) -> Vec<char> {
    if c.is_control() || crate::domain::reply::is_invisible(c) {
        c.escape_unicode().collect()
    } else {
        vec![c]
    }
}

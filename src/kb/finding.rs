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
    TooManyFiles, "too_many_files", Reports;
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
    /// `synonyms.toml` is not as it should be.
    SynonymsSyntax, "synonyms_syntax", Reports;
    /// A synonym that no text could hold.
    SynonymForm, "synonym_form", Reports;
    /// An expression of two meanings.
    SynonymTwice, "synonym_twice", Reports;
    /// A meaning with one expression or none.
    SynonymAlone, "synonym_alone", Warns;
    /// A title, a heading or the name of a column longer than is read.
    TextTooLong, "text_too_long", LeavesOut;
    /// More sections, cells, actions or texts of a list than an article may have.
    TooManyParts, "too_many_parts", LeavesOut;
    /// Text that belongs to no section.
    TextBeforeHeading, "text_before_heading", Warns;

    /// An article's id is not its file's name.
    IdNotFileName, "id_not_file_name", Reports;
    /// A review that has not happened yet.
    ReviewedInFuture, "reviewed_in_future", Reports;
    /// A review that never happened: an imported draft.
    NeverReviewed, "never_reviewed", Reports;
    /// A review that was long ago.
    ReviewOverdue, "review_overdue", Warns;
    /// Not exactly one heading of the first level, or another text than the title.
    TitleHeading, "title_heading", Warns;
    /// A section too long to be quoted.
    SectionLong, "section_long", Warns;
    /// A section that no question finds.
    SectionWithoutText, "section_without_text", Warns;
    /// A runbook without one of its headings.
    RunbookHeadingMissing, "runbook_heading_missing", Reports;
    /// A link to no article.
    LinkUnknownArticle, "link_unknown_article", Reports;
    /// A link to no section.
    LinkUnknownAnchor, "link_unknown_anchor", Reports;
    /// A link that is neither relative nor to the web.
    LinkScheme, "link_scheme", Reports;

    /// More parameters than an action may have.
    TooManyParams, "too_many_params", LeavesOut;
    /// A name that no placeholder can have.
    ParamName, "param_name", LeavesOut;
    /// A parameter that does not say what it is.
    ParamPromptEmpty, "param_prompt_empty", Reports;
    /// A pattern that does not compile.
    ParamPattern, "param_pattern", LeavesOut;
    /// Choices missing, superfluous, empty or repeated.
    ParamChoices, "param_choices", LeavesOut;
    /// Neither example nor default.
    ParamExampleMissing, "param_example_missing", Reports;
    /// An example, default or choice that the parameter itself refuses.
    ParamValueMismatch, "param_value_mismatch", Reports;
    /// A parameter that nothing uses.
    ParamUnused, "param_unused", Reports;
    /// A placeholder without a parameter.
    ParamUndeclared, "param_undeclared", LeavesOut;
    /// Braces that may have been meant as a placeholder.
    PlaceholderUnlikely, "placeholder_unlikely", Warns;

    /// A title that says nothing.
    ActionTitleEmpty, "action_title_empty", Reports;
    /// An action for no platform, or twice for one.
    ActionPlatforms, "action_platforms", Reports;
    /// No steps, or more than an action may have.
    StepCount, "step_count", LeavesOut;
    /// More arguments than a command may have.
    TooManyArguments, "too_many_arguments", LeavesOut;
    /// A time limit outside its bounds.
    TimeoutRange, "timeout_range", LeavesOut;
    /// A repetition of the verification outside its bounds.
    WithinRange, "within_range", LeavesOut;
    /// No exit code, or one that no program has.
    ExpectExit, "expect_exit", LeavesOut;
    /// An exit code that no program has, or that counts as success too.
    NotApplicableExit, "not_applicable_exit", LeavesOut;
    /// An expectation that does not compile.
    ExpectStdout, "expect_stdout", LeavesOut;
    /// A program that no step may use.
    ProgramRefused, "program_refused", LeavesOut;
    /// A value that could be taken for an option.
    ArgumentLikeOption, "argument_like_option", LeavesOut;
    /// A placeholder that would break out of its quotes.
    PowershellPlaceholder, "powershell_placeholder", LeavesOut;
    /// A command of the wrong kind for the platforms.
    ProgramPlatform, "program_platform", LeavesOut;
    /// A step that is not known to read only in an action declared as `read`.
    ReadNotBelieved, "read_not_believed", Reports;
    /// No verification in an action that changes something.
    VerifyMissing, "verify_missing", LeavesOut;
    /// A verification in an action that only reads.
    VerifyOnRead, "verify_on_read", LeavesOut;
    /// More verifications than an action may have.
    VerifyCount, "verify_count", LeavesOut;
    /// A parameter of a changing step that nothing ties to what is verified.
    ParamUntied, "param_untied", Reports;
    /// A verification that may hold before, and nothing else that shows the effect.
    VerifyAlone, "verify_alone", Reports;
    /// A pattern that refuses names which tools accept.
    PatternForShell, "pattern_for_shell", Warns;
    /// A verification that is not known to read only.
    VerifyNotReading, "verify_not_reading", Reports;
    /// No word on the way back in an action that changes something.
    RollbackMissing, "rollback_missing", LeavesOut;
    /// A way back in an action that only reads.
    RollbackOnRead, "rollback_on_read", LeavesOut;
    /// No way back, and no reason.
    RollbackEmpty, "rollback_empty", Reports;

    /// An escalation to no action.
    EscalationUnknown, "escalation_unknown", Reports;
    /// An escalation to another platform.
    EscalationPlatform, "escalation_platform", Reports;
    /// An escalation to something milder.
    EscalationRiskLower, "escalation_risk_lower", Reports;
    /// An escalation that leads back.
    EscalationCycle, "escalation_cycle", Reports;
    /// An escalation gives a parameter that its target doesn't have.
    EscalationParamUnknown, "escalation_param_unknown", Reports;
    /// An escalation lacks a parameter that its target needs.
    EscalationParamMissing, "escalation_param_missing", Reports;
    /// An escalation gives a value that its target refuses.
    EscalationValue, "escalation_value", Reports;
    /// The action that shows what else is needed is none, or not a reading one of the platform.
    EscalationFind, "escalation_find", Reports;
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

    /// The same in few words, for whoever knows the folder.
    pub fn brief(&self) -> String {
        let text = format!("{}:{}: {}; {}", self.file, self.line, self.message, self.advice);
        text.chars().flat_map(shown).collect()
    }
}

fn shown(c: char) -> Vec<char> {
    if c.is_control() || crate::domain::text::is_invisible(c) {
        c.escape_unicode().collect()
    } else {
        vec![c]
    }
}

//! What is changed in a good article, and the finding that it leads to.

use dogwatch::kb::Code;

pub const VERIFY_KILL: &str = "[verify] # kill\nrun = [\"ps\", \"-p\", \"{pid}\"]\nexpect_exit = [1]\n";

/// A change of one of the good articles and the finding it leads to.
pub struct Case {
    pub code: Code,
    /// What is replaced, and by what.
    pub from: &'static str,
    pub to: &'static str,
    /// The finding's line is the first that holds this text after the change.
    pub at: &'static str,
}

const fn case(code: Code, from: &'static str, to: &'static str, at: &'static str) -> Case {
    Case { code, from, to, at }
}

pub const TEXTS: &[Case] = &[
    case(Code::FrontMatterSyntax, "tags = [", "tags = = [", "tags ="),
    case(Code::FrontMatterMissing, "+++\nid = \"linux-service\"", "id = \"linux-service\"", "id ="),
    case(Code::FieldMissing, "products = [\"Linux\"]\n", "", "id ="),
    case(Code::FieldType, "2026-11-01", "\"2026-11-01\"", "reviewed"),
    case(Code::FieldType, "2026-11-01", "2026-11-01T10:00:00", "reviewed"),
    case(Code::FieldType, "[\"Linux\"]", "[\"Linux\", 6]", "products"),
    case(Code::FieldUnknown, "products =", "author = \"x\"\nproducts =", "author"),
    case(Code::FieldEmpty, "products = [\"Linux\"]", "products = []", "products"),
    case(Code::FieldEmpty, "\"It is slow\"", "\"It is slow\", \" \"", "symptoms"),
    case(Code::HiddenCharacter, "\"It is slow\"", "\"It is\\u202eslow\"", "symptoms"),
    case(Code::HiddenCharacter, "Nothing answers.", "Nothing\u{200b}answers.", "Nothing"),
    case(Code::ArticleIdNotSlug, "id = \"linux-service\"", "id = \"Linux Service\"", "id ="),
    case(Code::IdNotFileName, "id = \"linux-service\"", "id = \"linux-services\"", "id ="),
    case(Code::ReviewedInFuture, "2026-11-01", "2026-12-02", "reviewed"),
    case(Code::NeverReviewed, "2026-11-01", "1970-01-01", "reviewed"),
    case(Code::ReviewOverdue, "2026-11-01", "2025-11-21", "reviewed"),
    case(Code::TitleHeading, "\n# A service hangs\n", "\n# Another title\n", "# Another title"),
    case(Code::TitleHeading, "\n# A service hangs\n", "\n## A service hangs\n", "+++"),
    case(Code::TitleHeading, "## Cause", "# Cause", "# Cause"),
    case(Code::TextBeforeHeading, "+++\n# A service", "+++\nLost.\n# A service", "Lost."),
    case(Code::RunbookHeadingMissing, "## Cause", "## Causes", "+++"),
    case(Code::SectionWithoutText, "See the [cause](#cause) first.\n", "", "## Resolution"),
    case(Code::SectionWithoutText, "Nothing answers.\n", "", "## Symptoms"),
    case(Code::NotQuiteAction, "```action\nid = \"svc-list\"", "```Action\nid = \"svc-list\"", "```Action"),
    case(Code::LinkUnknownArticle, "windows-service.md#cause", "windows-services.md", "windows-services.md"),
    case(Code::LinkUnknownArticle, "windows-service.md#cause", "../windows-service.md", "../windows"),
    case(Code::LinkUnknownAnchor, "windows-service.md#cause", "windows-service.md#causes", "#causes"),
    case(Code::LinkUnknownAnchor, "windows-service.md#cause", "#no-such", "#no-such"),
    case(Code::LinkScheme, "windows-service.md#cause", "javascript:alert(1)", "javascript:"),
    case(Code::LinkScheme, "windows-service.md#cause", "/etc/passwd.md", "/etc/passwd"),
];

pub const PARAMS: &[Case] = &[
    case(Code::ActionSyntax, "title = \"Stop\"", "titel = \"Stop\"", "titel"),
    case(Code::ActionSyntax, "title = \"Stop\"", "title = \"Stop", "title = \"Stop"),
    case(Code::ActionSyntax, "title = \"Stop\"\n", "", "id = \"svc-stop\""),
    case(Code::ActionSyntax, "timeout_s = 61\n", "powershell = 'x'\ntimeout_s = 61\n", "[[steps]] # stop"),
    case(Code::ActionSyntax, "none = \"It is dead.\"", "none = \"x\"\nrun = [\"ls\"]", "[rollback] # kill"),
    case(Code::ActionIdNotSlug, "id = \"svc-stop\"", "id = \"svc_stop\"", "id = \"svc_stop\""),
    case(Code::ActionIdTwice, "id = \"svc-stop\"", "id = \"svc-kill\"", "id = \"svc-kill\""),
    case(Code::ParamName, "[params.mode]", "[params.Mode]", "[params.Mode]"),
    case(Code::ParamPattern, "'[^/-]{1,20}'", "'[a-z'", "pattern = '[a-z'"),
    case(Code::ParamPattern, "'[^/-]{1,20}'", "'a)|(?:b'", "pattern = 'a)"),
    case(Code::ParamChoices, "choices = [\"soft\", \"hard\"]", "choices = []", "choices = []"),
    case(Code::ParamChoices, "choices = [\"soft\", \"hard\"]\n", "", "[params.mode]"),
    case(Code::ParamChoices, "choices = [\"soft\", \"hard\"]", "choices = [\"soft\", \"soft\"]", "choices"),
    case(
        Code::ParamChoices,
        "type = \"integer\"",
        "type = \"integer\"\nchoices = [\"1\"]",
        "choices = [\"1\"]",
    ),
    case(Code::ParamPromptEmpty, "prompt = \"How\"", "prompt = \" \"", "prompt = \" \""),
    case(Code::ParamExampleMissing, "example = \"web\" # stop\n", "", "[params.name] # stop"),
    case(Code::ParamValueMismatch, "example = \"web\" # stop", "example = \"/web\"", "\"/web\""),
    case(Code::ParamValueMismatch, "default = \"soft\"", "default = \"gentle\"", "\"gentle\""),
    case(Code::ParamUnused, "\"--signal={mode}\", ", "", "[params.mode]"),
    case(Code::ParamUndeclared, "\"--signal={mode}\"", "\"{sig}\", \"{mode}\"", "{sig}"),
    case(Code::ParamUndeclared, "stdin = \"yes {name}\"", "stdin = \"yes {who}\"", "stdin"),
    case(Code::ParamUndeclared, "'{name} stopped'", "'{nam} stopped'", "expect_stdout = '{nam}"),
    case(Code::ParamUndeclared, "with = { name = \"{name}\" }", "with = { name = \"{n}\" }", "{n}"),
    case(Code::PlaceholderUnlikely, "\"--signal={mode}\"", "\"{Mode}\", \"{mode}\"", "{Mode}"),
    case(Code::HiddenCharacter, "\"--signal={mode}\"", "\"--signal={mode}\\u0000\"", "u0000"),
];

pub const COMMANDS: &[Case] = &[
    case(Code::ActionTitleEmpty, "title = \"Stop\"", "title = \"\"", "title = \"\""),
    case(
        Code::ActionPlatforms,
        "platforms = [\"linux\"] # stop",
        "platforms = [\"linux\", \"linux\"]",
        "\"linux\", \"linux\"",
    ),
    case(Code::TimeoutRange, "timeout_s = 61", "timeout_s = 0", "timeout_s = 0"),
    case(Code::TimeoutRange, "timeout_s = 61", "timeout_s = 3601", "timeout_s = 3601"),
    case(Code::WithinRange, "within_s = 5", "within_s = 601", "within_s = 601"),
    case(Code::ExpectExit, "expect_exit = [0, 3]", "expect_exit = []", "expect_exit = []"),
    case(Code::ExpectExit, "expect_exit = [0, 3]", "expect_exit = [256]", "expect_exit = [256]"),
    case(
        Code::NotApplicableExit,
        "expect_exit = [0, 3]",
        "expect_exit = [0, 3]\nnot_applicable_exit = [4, 3]",
        "not_applicable_exit = [4, 3]",
    ),
    case(
        Code::NotApplicableExit,
        "expect_exit = [0, 3]",
        "not_applicable_exit = [0]",
        "not_applicable_exit = [0]",
    ),
    case(
        Code::NotApplicableExit,
        "[verify] # kill\n",
        "[verify] # kill\nnot_applicable_exit = [256]\n",
        "not_applicable_exit = [256]",
    ),
    case(Code::ExpectStdout, "'{name} stopped'", "'({name} stopped'", "'({name}"),
    case(Code::ProgramRefused, "[\"kill\",", "[\"/bin/kill\",", "/bin/kill"),
    case(Code::ProgramRefused, "[\"kill\",", "[\"python3.11\",", "python3.11"),
    case(Code::ProgramRefused, "[\"kill\",", "[\"{name}\",", "run = [\"{name}\""),
    case(Code::ArgumentLikeOption, "'[^/-]{1,20}'", "'[^/]{1,20}'", "run = [\"svc\""),
    case(
        Code::ProgramPlatform,
        "platforms = [\"linux\"] # stop",
        "platforms = [\"linux\", \"windows\"]",
        "[[steps]] # stop",
    ),
    case(Code::ReadNotBelieved, "run = [\"ps\", \"-ef\"]", "run = [\"psx\"]", "[[steps]] # list"),
    case(
        Code::VerifyNotReading,
        "run = [\"ls\", \"/run/svc\"]",
        "run = [\"touch\", \"/run/svc\"]",
        "[verify] # stop",
    ),
    case(Code::ParamUntied, "[\"ps\", \"-p\", \"{pid}\"]", "[\"ps\", \"-e\"]", "[[steps]] # kill"),
    case(
        Code::VerifyAlone,
        "title = \"Kill\"\n",
        "title = \"Kill\"\nverify_before = \"may hold\"\n",
        "verify_before",
    ),
    case(Code::ExpectStdout, "expect_exit = [1]\n", "expect_no_stdout = '('\n", "expect_no_stdout"),
    case(Code::PatternForShell, "'[^/-]{1,20}'", "'[a-z]{1,20}'", "pattern = '[a-z]"),
    case(Code::PatternForShell, "'[^/-]{1,20}'", "'[a-zü ]{1,20}'", "pattern = '["),
    case(Code::VerifyMissing, VERIFY_KILL, "", "id = \"svc-kill\""),
    case(Code::RollbackMissing, "[rollback] # kill\nnone = \"It is dead.\"\n", "", "id = \"svc-kill\""),
    case(Code::RollbackEmpty, "none = \"It is dead.\"", "none = \"\"", "none = \"\""),
    case(
        Code::VerifyOnRead,
        "timeout_s = 60 # list\n",
        "timeout_s = 60\n[verify]\nrun = [\"uptime\"]\n",
        "[verify]",
    ),
    case(
        Code::RollbackOnRead,
        "timeout_s = 60 # list\n",
        "timeout_s = 60\n[rollback]\nnone = \"x\"\n",
        "[rollback]",
    ),
];

pub const ESCALATIONS: &[Case] = &[
    case(Code::EscalationUnknown, "action = \"svc-kill\"", "action = \"svc-kil\"", "\"svc-kil\""),
    case(
        Code::EscalationPlatform,
        "platforms = [\"linux\"] # kill",
        "platforms = [\"kvm\"]",
        "action = \"svc-kill\"",
    ),
    case(
        Code::EscalationCycle,
        "none = \"It is dead.\"\n",
        "none = \"It is dead.\"\n[escalates_to]\naction = \"svc-kill\"\nwith = { name = \"{name}\", pid = \"{pid}\" }\n",
        "action = \"svc-kill\"\nwith = { name = \"{name}\", pid",
    ),
    case(
        Code::EscalationParamUnknown,
        "with = { name = \"{name}\" }",
        "with = { name = \"{name}\", x = \"1\" }",
        "x = \"1\"",
    ),
    case(Code::EscalationParamMissing, "find = \"svc-list\"\n", "", "[escalates_to]"),
    case(Code::EscalationValue, "with = { name = \"{name}\" }", "with = { pid = \"{name}\" }", "with = "),
    case(Code::EscalationFind, "find = \"svc-list\"", "find = \"svc-lists\"", "find ="),
    case(Code::EscalationFind, "find = \"svc-list\"", "find = \"svc-stop\"", "find ="),
    case(Code::EscalationFind, "find = \"svc-list\"", "find = \"win-list\"", "find ="),
];

pub const POWERSHELL: &[Case] = &[
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name '{service}' -Force", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name \"{service}\" -Force", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name svc{service} -Force", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "-Name {service}.exe", "Stop-Service"),
    case(
        Code::PowershellPlaceholder,
        "-Name {service} -Force",
        "-Name {service} # {service} ",
        "Stop-Service",
    ),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "; & {service}", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "; . {service}", "Stop-Service"),
    case(
        Code::PowershellPlaceholder,
        "-Name {service} -Force",
        "-Name @\"\n\" {service} \"@",
        "Stop-Service",
    ),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "\"$( \" {service} \" )\"", "Stop-Service"),
    case(Code::PowershellPlaceholder, "-Name {service} -Force", "--% {service}", "Stop-Service"),
    case(
        Code::PowershellPlaceholder,
        "-Name {service} -Force",
        "\u{2018} {service} \u{2019}",
        "Stop-Service",
    ),
    case(Code::PowershellPlaceholder, "Stop-Service -Name", "Invoke-Expression", "Invoke-Expression"),
    case(
        Code::ProgramPlatform,
        "platforms = [\"windows\"] # stop",
        "platforms = [\"linux\"]",
        "[[steps]] # stop",
    ),
    case(
        Code::ReadNotBelieved,
        "Get-Service | Sort-Object",
        "Get-Service | Stop-Service",
        "[[steps]] # list",
    ),
];

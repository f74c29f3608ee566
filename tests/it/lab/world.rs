//! A lab in a temporary folder.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dogwatch::lab::Lab;

/// The program under test plays every tool.
pub fn binary() -> &'static Path {
    Path::new(crate::BINARY)
}

/// A running lab and the folder that goes with it.
pub struct World {
    pub lab: Lab,
    // The folder disappears with the value.
    pub temporary: tempfile::TempDir,
}

/// What a tool answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub async fn start() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let lab = Lab::start(&temporary.path().join("lab"), binary()).await.unwrap();
        Self { lab, temporary }
    }

    /// The real place of a path of the host.
    pub fn real(&self, host: &str, path: &str) -> PathBuf {
        self.lab.folder(host).join("root").join(path.trim_start_matches('/'))
    }

    /// Runs a tool as the wrapper would: by its name in the host's PATH, nothing else in the environment.
    pub fn run(&self, host: &str, argv: &[&str], stdin: &str) -> Answer {
        let folder = self.lab.folder(host);
        let mut child = Command::new(folder.join("bin").join(argv[0]))
            .args(&argv[1..])
            .env_clear()
            .env("DOGWATCH_LAB", &folder)
            .current_dir(folder.join("root"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A tool that does not read may have ended already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command line without quoting.
    pub fn line(&self, host: &str, line: &str) -> Answer {
        self.run(host, &line.split(' ').collect::<Vec<_>>(), "")
    }

    pub fn esx(&self, line: &str) -> Answer {
        self.line("lab-esx", line)
    }

    pub fn esxi(&self, line: &str) -> Answer {
        self.line("lab-esxi", line)
    }

    pub fn kvm(&self, line: &str) -> Answer {
        self.line("lab-kvm", line)
    }
}

impl Answer {
    /// Asserts the status and that nothing was complained about.
    pub fn says(&self, code: i32, out: &str) {
        assert_eq!((self.code, self.out.as_str(), self.err.as_str()), (code, out, ""));
    }

    /// Asserts the status and the complaint.
    pub fn complains(&self, code: i32, err: &str) {
        assert_eq!((self.code, self.out.as_str(), self.err.as_str()), (code, "", err));
    }
}

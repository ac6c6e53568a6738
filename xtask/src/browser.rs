//! Finds or installs the browsers for the tests.

use std::path::PathBuf;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::toolchain::apt_install;
use crate::tree::{Tree, say};

/// The engine of a browser.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// Several suites need it, so it cannot be left out.
    #[value(skip)]
    Chromium,
    Firefox,
    Webkit,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Webkit];

    /// Returns the name that Playwright and the tests use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// Returns the name for messages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::Webkit => "WebKit",
        }
    }

    /// Returns the environment variable that names the program to start.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Chromium => "CHROMIUM_PATH",
            Self::Firefox => "FIREFOX_PATH",
            Self::Webkit => "WEBKIT_DRIVER_PATH",
        }
    }

    /// Returns the names of the program on PATH.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => {
                &["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"]
            }
            Self::Firefox => &["firefox-esr", "firefox"],
            // This driver starts WebKitGTK's own small browser.
            Self::Webkit => &["WebKitWebDriver"],
        }
    }

    /// Returns the other programs that must be on PATH. Only a WebKit without Playwright needs a
    /// screen.
    fn company(self) -> &'static [&'static str] {
        match self {
            Self::Chromium | Self::Firefox => &[],
            Self::Webkit => &["Xvfb"],
        }
    }

    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "fonts-dejavu-core"],
            Self::Firefox => &["firefox-esr"],
            Self::Webkit => &["webkit2gtk-driver", "xvfb"],
        }
    }
}

/// A browser that the tests can start.
pub struct Browser {
    pub engine: Engine,
    program: Program,
}

enum Program {
    /// The browser that Playwright downloaded. Playwright can drive only its own Firefox and
    /// WebKit, which it patched.
    Playwrights(PathBuf),
    Other(PathBuf),
}

impl Browser {
    /// Returns the browser that its variable names, else Playwright's own, else one on PATH. If
    /// there is none, installs one.
    pub fn prepare(tree: &Tree, engine: Engine) -> Result<Self> {
        let (name, title, variable) = (engine.name(), engine.title(), engine.variable());
        if let Some(named) = std::env::var_os(variable) {
            let named = PathBuf::from(named);
            if named.is_file() {
                return Ok(Self { engine, program: Program::Other(named) });
            }
            bail!("{variable} names {}, which is not a file", named.display());
        }
        let playwrights = || {
            playwrights(tree, engine)
                .map(|path| Self { engine, program: Program::Playwrights(path) })
        };
        let on_path = || on_path(engine).map(|path| Self { engine, program: Program::Other(path) });
        if let Some(found) = playwrights().or_else(on_path) {
            return Ok(found);
        }
        let shell = &tree.shell;
        say(&format!(
            "no {title} here; asking Playwright for its own (npx playwright install {name})"
        ));
        if cmd!(shell, "npx --no-install playwright install {name}").quiet().run().is_ok()
            && let Some(found) = playwrights()
        {
            return Ok(found);
        }
        let packages = engine.debian_packages();
        if which::which("apt-get").is_ok() {
            say(&format!("that did not work; installing Debian's {}", packages.join(" ")));
            apt_install(shell, packages);
        }
        match on_path() {
            Some(found) => Ok(found),
            None => bail!(
                "A {title} is missing and could not be installed; the tests in real browsers need one.\n\
                 Anywhere:   npx playwright install --with-deps {name}\n\
                 On Debian:  sudo apt-get install {}\n\
                 Or name one that is there:  {variable}=/path/to/{} npm test{}",
                packages.join(" "),
                engine.programs()[0],
                without(engine),
            ),
        }
    }

    pub fn path(&self) -> &PathBuf {
        match &self.program {
            Program::Playwrights(path) | Program::Other(path) => path,
        }
    }

    /// Returns the environment variable that the tests need to start the browser, if they need one.
    pub fn variable(&self) -> Option<(&'static str, &PathBuf)> {
        match &self.program {
            Program::Playwrights(_) if self.engine != Engine::Chromium => None,
            Program::Playwrights(path) | Program::Other(path) => {
                Some((self.engine.variable(), path))
            }
        }
    }
}

/// Returns the advice for a system that cannot have this browser.
fn without(engine: Engine) -> String {
    match engine {
        Engine::Chromium => String::new(),
        _ => format!("\nOn a system that cannot have it:  npm test -- --without {}", engine.name()),
    }
}

fn on_path(engine: Engine) -> Option<PathBuf> {
    let has_company = engine.company().iter().all(|name| which::which(name).is_ok());
    let found = || engine.programs().iter().find_map(|name| which::which(name).ok());
    if has_company { found() } else { None }
}

/// Returns Playwright's own browser if it starts. A downloaded one may lack libraries of the
/// system.
fn playwrights(tree: &Tree, engine: Engine) -> Option<PathBuf> {
    let shell = &tree.shell;
    let name = engine.name();
    let script = format!(
        "const browser = require('@playwright/test').{name}, path = browser.executablePath();
         if (require('fs').existsSync(path))
           browser.launch().then(async (it) => {{ await it.close(); process.stdout.write(path); }});"
    );
    let path = cmd!(shell, "node -e {script}").quiet().ignore_stderr().read().ok()?;
    (!path.is_empty()).then(|| PathBuf::from(path))
}

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::domain::world::actor::{ActorId, Role};

const GOOD: &str = r#"
[ssh]
identity = "keys/id_ed25519"

[policy]
destructive = 3

[record]
anchor_file = "/mnt/elsewhere/anchors"

[[person]]
name = "nia"
role = "approver"
actors = ["console:1000"]

[[host]]
name = "esx01"
address = "192.0.2.10"
user = "root"
platforms = ["esx3"]
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
"#;

fn parsed(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/dogwatch/dogwatch.toml"), Inventory::Real)
}

fn problem(text: &str) -> String {
    let error = parsed(text).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

#[test]
fn a_good_configuration_is_read_with_its_defaults() {
    let config = parsed(GOOD).unwrap();
    let host = &config.inventory[&HostName::from("esx01")];
    assert_eq!((host.port, host.sudo, host.legacy), (22, false, false));
    assert!(host.path.contains("/usr/lib/vmware/bin"));
    assert_eq!(config.identity.unwrap(), Path::new("/etc/dogwatch/keys/id_ed25519"));
    assert_eq!(config.anchor_file.unwrap(), Path::new("/mnt/elsewhere/anchors"));
    assert_eq!((config.policy.change, config.policy.destructive), (1, 3));
    let person = config.people.person(&ActorId("console:1000".to_owned())).unwrap();
    assert_eq!((person.name.as_str(), person.role), ("nia", Some(Role::Approver)));
}

#[test]
fn the_line_of_a_public_key_gives_the_fingerprint_that_openssh_prints() {
    // `ssh-keygen -lf` on this key.
    let expected = "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE";
    let config = parsed(GOOD).unwrap();
    assert_eq!(config.inventory[&HostName::from("esx01")].host_key.as_deref(), Some(expected));
}

#[test]
fn a_host_key_is_found_in_every_line_that_openssh_writes_about_it() {
    let expected = "SHA256:T7SvZ2cslqpPj6nKzitCBHHlpVF3r3MvLwmFL0fk0IE";
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    let with = |line: &str| parsed(&GOOD.replace(key, line));
    for line in [
        &format!("{key} root@esx01"),
        &format!("esx01,192.0.2.10 {key}"),
        &format!("[esx01]:2222 {key} # seen in spring"),
        &format!("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {key}"),
        &format!("256 {expected} root@esx01 (ED25519)"),
        &format!("{expected}="),
    ] {
        let config = with(line).unwrap();
        assert_eq!(config.inventory[&HostName::from("esx01")].host_key.as_deref(), Some(expected), "{line}");
    }
    let problem = |line: &str| problem(&GOOD.replace(key, line));
    for (line, expected) in [
        (format!("@revoked * {key}"), "revoked"),
        (format!("@cert-authority *.example {key}"), "authority"),
        (format!("a {key}\\nb {key}"), "more than one"),
        ("256 MD5:ab:cd root@esx01 (ED25519)".to_owned(), "no host key"),
        ("SHA256:short".to_owned(), "no host key"),
    ] {
        let problem = problem(&line);
        assert!(problem.contains(expected), "{line}: {problem}");
    }
}

#[test]
fn addresses_and_users_are_taken_as_people_write_them() {
    for (address, taken) in [
        ("[::1]", "::1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("esx01.example.com", "esx01.example.com"),
        ("192.0.2.7", "192.0.2.7"),
    ] {
        let config = parsed(&GOOD.replace("192.0.2.10", address)).unwrap();
        assert_eq!(config.inventory[&HostName::from("esx01")].address, taken);
    }
    for address in ["esx01:22", "[::1]:22", "root@esx01", "ssh://esx01", "[esx01]", "[]", "::1]"] {
        let problem = problem(&GOOD.replace("192.0.2.10", address));
        assert!(problem.contains("`port`") && problem.contains(address), "{address}: {problem}");
    }
    for user in ["CORP\\\\bob", "bob@corp.example", "svc-dogwatch"] {
        let config = parsed(&GOOD.replace("\"root\"", &format!("\"{user}\""))).unwrap();
        assert_eq!(config.inventory[&HostName::from("esx01")].user, user.replace("\\\\", "\\"));
    }
    for user in ["a b", "$HOME", "a;b", "-l", ""] {
        let problem = problem(&GOOD.replace("\"root\"", &format!("\"{user}\"")));
        assert!(problem.contains("can't be its user: up to"), "{user}: {problem}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let cases = [
        ("[policy]\nchange = 0", "can only be stricter"),
        ("[policy]\ndestructive = 1", "can only be stricter"),
        ("[polices]", "unknown field"),
        ("[[person]]\nname = \"a\"\nrole = \"king\"\nactors = []", "unknown variant"),
        (&GOOD.replace("esx01", "lab-esx"), "practice hosts"),
        (&GOOD.replace("esx01", "e x"), "a name has"),
        (&GOOD.replace("192.0.2.10", "a;b"), "can't be its address"),
        (&GOOD.replace("\"root\"", "\"-oProxyCommand=x\""), "can't be its user"),
        (&GOOD.replace("[\"esx3\"]", "[]"), "platforms is empty"),
        (&GOOD.replace("ssh-ed25519 AAAA", "ssh-rsa AAAA"), "no host key"),
        (&format!("{GOOD}{}", &GOOD[GOOD.find("[[host]]").unwrap()..]), "listed twice"),
        (
            &format!("{GOOD}\n[[person]]\nname = \"bo\"\nrole = \"admin\"\nactors = [\"console:1000\"]"),
            "one person",
        ),
    ];
    for (text, expected) in cases {
        let problem = problem(text);
        assert!(problem.contains(expected), "{problem:?} should say {expected:?}");
    }
}

#[test]
fn a_lab_inventory_holds_lab_hosts_only() {
    let path = Path::new("/tmp/inventory.toml");
    assert!(Config::parse(&GOOD.replace("esx01", "lab-esx"), path, Inventory::Lab).is_ok());
    assert!(Config::parse(GOOD, path, Inventory::Lab).is_err());
}

const DISCORD: &str = r#"
[discord]
guild = "1001"
channels = ["2001", 2003]
incident_channel = 2002
[discord.roles]
"3001" = "approver"
"1001" = "viewer"
"#;

#[test]
fn a_discord_section_is_read_with_its_defaults() {
    let config = parsed(DISCORD).unwrap();
    let discord = config.discord.unwrap();
    assert_eq!((discord.guild, discord.incident_channel, discord.message_content), (1001, 2002, false));
    assert!(discord.listens_in(2003) && discord.listens_in(2002) && !discord.listens_in(2004));
    assert_eq!(discord.api(), "https://discord.com/api/v10");
    let group = |id: &str| crate::domain::id::GroupId(format!("discord:{id}"));
    assert_eq!(config.people.role_of_groups(&[group("3001"), group("1001")]), Some(Role::Approver));
    assert_eq!(config.people.role_of_groups(&[group("9")]), None);
}

/// The examples in TOML that people read in the README.
fn examples() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let blocks = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    // The fingerprint of the example is nobody's.
    blocks.map(|block| block.replace("SHA256:...", &format!("SHA256:{}", "A".repeat(43)))).collect()
}

#[test]
fn the_examples_of_the_readme_are_read() {
    let examples = examples();
    let configs: Vec<_> = examples.iter().map(|example| parsed(example).unwrap()).collect();
    assert_eq!(configs.len(), 2);
    let (hosts, discord) = (&configs[0], &configs[1]);
    assert_eq!(hosts.inventory.len(), 1);
    let settings = discord.discord.as_ref().unwrap();
    assert!(!settings.message_content && settings.listens_in(1_100_000_000_000_000_002));
    assert_eq!(discord.people.groups().len(), 4);
    let person = discord.people.person(&ActorId("console:1000".to_owned())).unwrap();
    assert_eq!((person.actors.len(), person.role), (2, None));
}

#[test]
fn the_readme_shows_every_key_of_the_discord_section_with_what_holds_without_it() {
    let example = &examples()[1];
    // What is commented out can be uncommented; of the two tokens, one.
    let uncommented = example.replace("# api_url", "api_url").replace("# gateway_url", "gateway_url");
    let uncommented = uncommented.replace("# role", "role");
    let settings = parsed(&uncommented).unwrap().discord.unwrap();
    assert_eq!(settings.gateway_url.as_deref(), Some("wss://gateway.discord.gg"));
    let shorter = parsed(example).unwrap().discord.unwrap();
    assert_eq!(settings.api_url, shorter.api_url);
    let other = example.replace("token_file", "# token_file").replace("# token_env", "token_env");
    let named = parsed(&other).unwrap().discord.unwrap();
    let unnamed = parsed(&example.replace("token_file", "# token_file")).unwrap().discord.unwrap();
    assert_eq!(named.token, unnamed.token);
}

#[test]
fn addresses_of_a_proxy_need_no_version() {
    for url in
        ["http://127.0.0.1:1", "http://127.0.0.1:1/", "http://127.0.0.1:1/api", "http://127.0.0.1:1/api/v10/"]
    {
        let text = DISCORD.replace("[discord.roles]", &format!("api_url = \"{url}\"\n[discord.roles]"));
        assert_eq!(parsed(&text).unwrap().discord.unwrap().api(), "http://127.0.0.1:1/api/v10");
    }
}

#[test]
fn what_is_wrong_with_a_discord_section_is_named() {
    let with = |line: &str| DISCORD.replace("[discord.roles]", &format!("{line}\n[discord.roles]"));
    let cases = [
        (with("token = \"abc\""), "does not belong in this file"),
        (with("token_env = \"A\"\ntoken_file = \"b\""), "not both"),
        (with("api_url = \"ftp://x\""), "has to begin with"),
        (with("gateway_url = \"http://x\""), "has to begin with"),
        (DISCORD.replace("\"1001\" = \"viewer\"", "\"1001\" = \"responder\""), "@everyone"),
        (DISCORD.replace("\"3001\"", "\"ops\""), "no id of Discord"),
        (DISCORD.replace("2002", "0"), "no id of Discord"),
    ];
    for (text, expected) in cases {
        let problem = problem(&text);
        assert!(problem.contains(expected), "{problem:?} should say {expected:?}");
        assert!(!problem.contains("abc"), "a token is never shown: {problem}");
    }
}

#[test]
fn a_token_is_read_from_a_private_file_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let from = super::discord::TokenFrom::File(path.clone());
    assert!(from.read().unwrap_err().to_string().contains("could not be read"));
    std::fs::write(&path, "Bot abc.DEF-1_2\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = from.read().unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("its group can read") && why.contains("chmod 600"), "{why}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(from.read().unwrap(), "abc.DEF-1_2");
    std::fs::write(&path, "two words").unwrap();
    assert!(!from.read().unwrap_err().to_string().contains("two words"));
}

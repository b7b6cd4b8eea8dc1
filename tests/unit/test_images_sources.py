"""Reading where a host gets packages from."""

from __future__ import annotations

from ansible_collections.sysgenpro.odoo.plugins.module_utils._images import sources

ONE_LINE = """
# deb https://old.example.com/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb-src https://mirror.example.com/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] https://mirror.example.com/debian/ bookworm main contrib # comment
deb https://mirror.example.com/debian bookworm-updates main
deb https://security.example.com/debian-security bookworm-security main
deb https://packages.example.com/tool stable main
"""

DEB822 = """\
Types: deb deb-src
# a comment between fields
URIs: http://mirror.example.com/debian/
Suites: trixie
 trixie-updates
Components: main non-free-firmware
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 Version: none

Types: deb
URIs: http://disabled.example.com/debian
Suites: trixie-security
Components: main
Enabled: no

Types: deb
URIs: http://security.example.com/debian-security
Suites: trixie-security
Components: main
"""


def test_one_line_sources() -> None:
    entries = sources.parse_files({"/etc/apt/sources.list": ONE_LINE})
    assert sources.mirrors(entries, "bookworm") == {
        "main": "https://mirror.example.com/debian",
        "updates": "https://mirror.example.com/debian",
        "security": "https://security.example.com/debian-security",
    }


def test_deb822_sources() -> None:
    entries = sources.parse_files({"/etc/apt/sources.list.d/debian.sources": DEB822})
    assert sources.mirrors(entries, "trixie") == {
        "main": "http://mirror.example.com/debian",
        "updates": "http://mirror.example.com/debian",
        "security": "http://security.example.com/debian-security",
    }


def test_another_release_has_no_mirror() -> None:
    entries = sources.parse_files({"a.list": ONE_LINE, "b.sources": DEB822})
    assert sources.mirrors(entries, "forky") == {}
    assert sources.mirrors(entries, "") == {}


def test_a_source_without_main_is_no_mirror() -> None:
    entries = sources.parse_list(
        "deb https://mirror.example.com/debian bookworm contrib\ndeb https://flat.example.com/ ./\n"
    )
    assert sources.mirrors(entries, "bookworm") == {}


def test_only_options_about_servers_are_taken() -> None:
    dump = "\n".join(
        [
            'Acquire "";',
            'Acquire::http::Proxy "http://proxy.example.com:3128";',
            'Acquire::http::Proxy::internal.example.com "DIRECT";',
            'Acquire::https::CAInfo "/etc/ssl/private-ca.pem";',
            'Acquire::AllowInsecureRepositories "1";',
            'Acquire::Check-Valid-Until "false";',
            'Acquire::Languages "de";',
        ]
    )
    assert sources.acquire_options(dump) == [
        'Acquire::http::Proxy "http://proxy.example.com:3128";',
        'Acquire::http::Proxy::internal.example.com "DIRECT";',
        'Acquire::Check-Valid-Until "false";',
    ]


def test_pip_options_of_files_and_environment() -> None:
    site = "[global]\nindex-url = https://a.example.com/simple\ncert = /etc/ssl/ca.pem\ntimeout = 15\n"
    user = "[install]\ntrusted-host = b.example.com\n[global]\nindex-url = https://b.example.com/simple\n"
    environment = {
        "PIP_EXTRA_INDEX_URL": "https://c.example.com/simple",
        "PIP_CERT": "/etc/ssl/ca.pem",
        "PIP_TIMEOUT": "180",
    }
    options = sources.pip_options([site, user, "not a configuration"], environment)
    assert options == {
        "index-url": "https://b.example.com/simple",
        "trusted-host": "b.example.com",
        "timeout": "180",
        "extra-index-url": "https://c.example.com/simple",
    }


def test_pip_configuration_is_read_by_pip_as_given() -> None:
    text = sources.pip_configuration(
        {"trusted-host": "a.example.com\nb.example.com", "index-url": "https://a.example.com"}
    )
    assert text == "[global]\nindex-url = https://a.example.com\ntrusted-host = a.example.com b.example.com\n"
    assert sources.pip_options([text], {})["index-url"] == "https://a.example.com"


def test_no_options_make_an_empty_configuration() -> None:
    assert sources.pip_configuration({}) == "[global]\n"

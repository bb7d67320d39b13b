"""Settings come from WIZARD_ variables; a wrong one is named before anything starts."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from wizard.environment import settings_from, unknown_variables
from wizard.errors import SettingsError
from wizard.settings import Settings


def test_nothing_set_gives_a_safe_server() -> None:
    """A server started without settings must neither listen to the world nor call private networks."""
    settings = settings_from({})
    assert settings == Settings()
    assert settings.host == "127.0.0.1"
    assert settings.allow_private_addresses is False
    assert settings.proxies == 0
    assert settings.frame_ancestors == ""
    assert settings.http_timeout == 10
    assert settings.http_max_response == 1_000_000


def test_each_variable_sets_its_field() -> None:
    """Operators configure by environment alone; a variable that is ignored is an outage."""
    settings = settings_from(
        {
            "WIZARD_STORE": "memory:",
            "WIZARD_HOST": "0.0.0.0",
            "WIZARD_PORT": "0",
            "WIZARD_TIMEZONE": "Europe/Zurich",
            "WIZARD_LOG_LEVEL": "DEBUG",
            "WIZARD_ALLOW_PRIVATE_ADDRESSES": "1",
            "WIZARD_HTTP_TIMEOUT": "2.5",
            "WIZARD_BODY_LIMIT": " 1000 ",
            "WIZARD_BODY_TIMEOUT": "2",
            "WIZARD_START_RATE": "0",
            "WIZARD_API_START_RATE": "7",
            "WIZARD_PROXIES": "2",
            "WIZARD_SITE_NAME": "Town hall",
            "WIZARD_TEMPLATES": "own/templates",
            "WIZARD_THEME": "own.css",
            "WIZARD_FRAME_ANCESTORS": "https://a.example   https://*.b.example:8443 'self'",
            "PATH": "/bin",
        }
    )
    assert settings == Settings(
        store="memory:",
        host="0.0.0.0",
        port=0,
        timezone="Europe/Zurich",
        log_level="debug",
        allow_private_addresses=True,
        http_timeout=2.5,
        body_limit=1000,
        body_timeout=2,
        start_rate=0,
        api_start_rate=7,
        proxies=2,
        site_name="Town hall",
        templates=Path("own/templates"),
        theme=Path("own.css"),
        frame_ancestors="https://a.example https://*.b.example:8443 'self'",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    """Container files often pass variables on that nobody filled in."""
    assert settings_from({"WIZARD_PORT": "", "WIZARD_STORE": "  "}) == Settings()


@pytest.mark.parametrize("value", ["0", "false", "no", "off"])
def test_private_addresses_stay_closed_when_somebody_says_no(value: str) -> None:
    """`=0` must not open the private network because text is true."""
    assert not settings_from({"WIZARD_ALLOW_PRIVATE_ADDRESSES": value}).allow_private_addresses


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WIZARD_PORT", "eighty"),
        ("WIZARD_PORT", "65536"),
        ("WIZARD_STORE", "wizard.db"),
        ("WIZARD_TIMEZONE", "Mars/Olympus"),
        ("WIZARD_TIMEZONE", "../etc/passwd"),
        ("WIZARD_TIMEZONE", "Europe"),
        ("WIZARD_HTTP_TIMEOUT", "0"),
        ("WIZARD_HTTP_TIMEOUT", "inf"),
        ("WIZARD_BODY_LIMIT", "-1"),
        ("WIZARD_BODY_TIMEOUT", "0"),
        ("WIZARD_START_RATE", "-1"),
        ("WIZARD_PROXIES", "many"),
        ("WIZARD_SITE_NAME", "x" * 101),
        ("WIZARD_FRAME_ANCESTORS", "https://a.example/path"),
        ("WIZARD_FRAME_ANCESTORS", "https://a.example; script-src *"),
        ("WIZARD_FRAME_ANCESTORS", "*"),
        ("WIZARD_FRAME_ANCESTORS", "a.example"),
        ("WIZARD_LOG_LEVEL", "loud"),
        ("WIZARD_ALLOW_PRIVATE_ADDRESSES", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_variable(variable: str, value: str) -> None:
    """An operator must learn which variable to correct, not read a traceback."""
    with pytest.raises(SettingsError, match=rf"^{variable} can't be used: .+\.$"):
        settings_from({variable: value})


def test_all_wrong_values_are_named_at_once_and_none_is_shown() -> None:
    """One restart should be enough, and a store's URL may hold a password."""
    with pytest.raises(SettingsError) as caught:
        settings_from({"WIZARD_PORT": "x", "WIZARD_STORE": "hunter2 is my password"})
    assert len(str(caught.value).splitlines()) == 2
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_misspelt_variables_can_be_warned_of() -> None:
    """WIZARD_ALLOW_PRIVATE_ADRESSES would be silently without effect."""
    assert unknown_variables({"WIZARD_PROT": "1", "WIZARD_PORT": "1", "HOME": "/"}) == ["WIZARD_PROT"]


def test_settings_cannot_be_changed_afterwards() -> None:
    """Everything shares one object; a node that changed it would change the guard for all runs."""
    with pytest.raises(ValidationError):
        Settings().allow_private_addresses = True


@pytest.mark.parametrize("key", ["x" * 31, "x" * 201, "x" * 31 + " y", "ä" * 32])
def test_an_admin_key_is_long_and_can_be_sent(key: str) -> None:
    """A short one is guessed; one that fits in no header opens nothing, and nobody would know why. Neither is shown."""
    with pytest.raises(SettingsError, match="WIZARD_ADMIN_KEY can't be used") as refused:
        settings_from({"WIZARD_ADMIN_KEY": key})
    assert key not in str(refused.value)
    assert settings_from({"WIZARD_ADMIN_KEY": "x" * 32}).admin_key is not None

"""Every option has its sentence. (States have theirs in ``test_tables``.)"""

import pytest

from baremetal import config

OPTIONS = [(section, option) for section, options in config.SECTIONS.items() for option in options]


@pytest.mark.parametrize(("section", "option"), OPTIONS, ids=lambda value: getattr(value, "dest", value))
def test_option_has_a_sentence(section: str, option: object) -> None:
    sentence = getattr(option, "help", None) or ""
    assert len(sentence) > 10 and sentence.rstrip().endswith((".", ")")), f"[{section}]: {sentence!r}"

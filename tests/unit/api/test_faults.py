"""Faults as answers: what no answer may carry."""

import pytest

from baremetal import errors
from baremetal.api import faults


@pytest.mark.parametrize("fault", errors.every(), ids=lambda kind: kind.__name__)
def test_no_answer_tells_when_to_try_again(fault: type[errors.Fault]) -> None:
    # python-ironicclient meets that header with a TypeError on 409 and 503
    assert "Retry-After" not in dict(faults.headers(fault()))

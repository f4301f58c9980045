"""Asking a URL for an inspection rule: bounded in time, and only at addresses that images may come from, too."""

import typing

import requests
from oslo_config import cfg

from baremetal import clock, errors, inspection
from baremetal.images import guard

#: answers after which it is asked again
AGAIN = (429, 500, 502, 503, 504)
#: seconds that all calls of one inspection may take together, beside the last one's
MOST = 120.0


def asker(conf: cfg.ConfigOpts, ticker: clock.Clock) -> typing.Callable[[inspection.Asked], None]:
    """Return what asks: it raises ``ValueError`` unless the URL answered well. Redirections are not followed."""
    spent = 0.0

    def ask(wanted: inspection.Asked) -> None:
        nonlocal spent
        shown, began = guard.plain(wanted.url), ticker.tick()
        if spent > MOST:
            raise ValueError(f"{shown} is not asked: the rules of this inspection have called for {MOST:g} seconds "
                             "already.")
        try:
            guarded = guard.Guard(conf)
            guarded.check(wanted.url)
            with guarded.session() as session:
                why = _tries(session, wanted, ticker)
        except errors.Fault as fault:
            raise ValueError(fault.text) from fault
        finally:
            spent += ticker.tick() - began
        if why:
            raise ValueError(f"{shown} {why}.")
    return ask


def _tries(session: requests.Session, wanted: inspection.Asked, ticker: clock.Clock) -> str | None:
    """Return why the last try came to nothing, or None when one did not."""
    why: str | None = None
    for number in range(wanted.retries + 1):
        if number:
            ticker.sleep(wanted.pause * 2 ** (number - 1))
        try:
            with session.get(wanted.url, headers=wanted.headers, timeout=wanted.timeout, stream=True,
                             allow_redirects=False) as answer:
                status = answer.status_code
        except requests.RequestException as error:
            why = f"cannot be asked ({type(error).__name__})"
            continue
        if status < 300:
            return None
        why = f"answered {status}"
        if status not in AGAIN:
            break
    return why

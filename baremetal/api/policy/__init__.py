"""Policy: the table of rules, and who asks it. Whose an object is, is ``access.py``'s question."""

from baremetal.api.policy import enforcer, rules

__all__ = ["PUBLIC", "enforcer", "rules"]

#: rule of what needs no permission: discovery documents
PUBLIC = "public"

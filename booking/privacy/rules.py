"""What stands in place of somebody who was erased."""

NAME, DOMAIN = "已注销用户", "erased.invalid"


def name_of(number: int) -> str:
    """The name that the books keep."""
    return f"{NAME} {number}"


def email_of(number: int) -> str:
    """An address of one's own at which no mail arrives (RFC 2606)."""
    return f"erased-{number}@{DOMAIN}"


def is_erased(email: str) -> bool:
    """Whether the address is one of those."""
    return email.endswith(f"@{DOMAIN}")

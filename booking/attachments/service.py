"""Storing, describing, ordering and removing files.

Whoever calls has locked the owner and asked the permission; the quota is kept under the organisation's lock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.attachments.preparing import FIELD, MEGABYTE, FilesRefused, Prepared
from booking.attachments.queries import Owner, attachment_for, used_bytes
from booking.attachments.rules import Limits, moved, shows_more
from booking.core.actors import Actor
from booking.core.errors import Problem, StaleVersion
from booking.core.texts import N_
from models.attachments import Attachment, AttachmentContent
from models.directory import Organisation
from models.vocabulary.attachments import OwnerKind, Visibility

NOTED = ("kind", "file_name", "size_bytes", "sha256", "caption_zh", "caption_en", "position", "visibility")


def add_attachments(
    session: Session,
    owner: Owner,
    files: Sequence[Prepared],
    visibility: Visibility,
    limits: Limits,
    *,
    actor: Actor,
    now: datetime,
    is_asker: bool = False,
) -> list[Attachment]:
    """Store the files after those of their kind, all or none; raises FilesRefused over number or quota.

    Whoever asks an organisation something has a share of its room, and learns nothing of what is left.
    """
    lock = select(Organisation.id).where(Organisation.id == owner.organisation_id).with_for_update(key_share=True)
    session.execute(lock)
    last = _last_positions(session, owner)
    if sum(count for _, count in last.values()) + len(files) > limits.most_files:
        raise FilesRefused([Problem(FIELD, N_("最多可保存 %(most)s 个文件。"), {"most": limits.most_files})])
    if is_asker:
        _check_share(session, owner, files, limits, actor)
    _check_room(session, owner, files, limits, tells_use=not is_asker)
    added = []
    for file in files:
        position, count = last.get(file.kind, (0, 0))
        last[file.kind] = (position + 1, count + 1)
        added.append(_store(session, owner, file, position + 1, visibility, actor=actor, now=now))
    session.flush()
    for attachment in added:
        _note(session, "added", attachment, actor=actor, now=now, after=_said(attachment))
    return added


def edit_attachment(
    session: Session,
    owner: Owner,
    attachment_id: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Attachment:
    """Set captions, visibility or position; raises NotFound, or StaleVersion past `expected_version`."""
    attachment = _locked(session, owner, attachment_id, expected_version)
    before = _said(attachment)
    for name in ("caption_zh", "caption_en", "visibility"):
        if name in values:
            setattr(attachment, name, values[name])
    if "position" in values:
        _move(session, attachment, values["position"] - 1)
    if shows_more(before, _said(attachment)):
        attachment.changed_at = now
    _note_change(session, "edited", attachment, before, actor=actor, now=now)
    return attachment


def move_attachment(
    session: Session, owner: Owner, attachment_id: int, places: int, *, actor: Actor, now: datetime
) -> Attachment:
    """Move a file by `places` among those of its kind: −1 is one up."""
    attachment = _locked(session, owner, attachment_id, None)
    before = _said(attachment)
    order = [one.id for one in _siblings(session, attachment)]
    _move(session, attachment, max(0, order.index(attachment.id) + places))
    _note_change(session, "edited", attachment, before, actor=actor, now=now)
    return attachment


def remove_attachment(
    session: Session,
    owner: Owner,
    attachment_id: int,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Delete a file with its content; the audit log keeps its name and digest."""
    attachment = _locked(session, owner, attachment_id, expected_version)
    before = _said(attachment)
    for content in session.scalars(
        select(AttachmentContent).where(AttachmentContent.attachment_id == attachment_id)
    ).all():
        session.delete(content)
    session.flush()
    session.delete(attachment)
    session.flush()
    _note(session, "removed", attachment, actor=actor, now=now, before=before)


def remove_sent(
    session: Session, kind: OwnerKind, owner_ids: Collection[int], user_id: int, *, actor: Actor, now: datetime
) -> list[int]:
    """Delete all that somebody sent to some owners of one kind, as `remove_attachment` does; whose they were."""
    sent = Attachment.owner_kind == kind, Attachment.uploaded_by_id == user_id, Attachment.owner_id.in_(owner_ids)
    files = session.scalars(select(Attachment).where(*sent).order_by(Attachment.id)).all()
    ids = [file.id for file in files]
    told = [Changed(file.owner_id, {"attachment_id": file.id, **_said(file)}, {}) for file in files]
    session.execute(delete(AttachmentContent).where(AttachmentContent.attachment_id.in_(ids)))
    session.execute(delete(Attachment).where(Attachment.id.in_(ids)))
    audit.note_all(session, "attachments.removed", kind.value, told, actor=actor, now=now)
    return [change.subject_id for change in told]


def _last_positions(session: Session, owner: Owner) -> dict[str, tuple[int, int]]:
    """The last position and the number of files by kind."""
    rows = session.execute(
        select(Attachment.kind, func.max(Attachment.position), func.count())
        .where(Attachment.owner_kind == owner.kind, Attachment.owner_id == owner.id)
        .group_by(Attachment.kind)
    )
    return {kind: (position, count) for kind, position, count in rows}


def _check_room(session: Session, owner: Owner, files: Sequence[Prepared], limits: Limits, *, tells_use: bool) -> None:
    """Refuse what the organisation has no room for; only its own people are told how much is used."""
    used = used_bytes(session, owner.organisation_id, owner.kind)
    wanted = sum(file.stored_bytes for file in files)
    if used + wanted <= limits.quota_bytes:
        return
    if not tells_use:
        raise FilesRefused([Problem(FIELD, N_("对方为附件留的空间已用完，请在留言中商定怎样传送文件。"))])
    sentence = N_("存储空间不足：已用 %(used)s MB，共 %(quota)s MB，这次需要 %(wanted)s MB。请先删除不用的文件。")
    raise FilesRefused([Problem(FIELD, sentence, _megabytes(used=used, quota=limits.quota_bytes, wanted=wanted))])


def _check_share(session: Session, owner: Owner, files: Sequence[Prepared], limits: Limits, actor: Actor) -> None:
    """Refuse what an asker has no room for at the organisation, whatever is left there."""
    used = used_bytes(session, owner.organisation_id, owner.kind, sent_by=actor.id)
    if used + sum(file.stored_bytes for file in files) > limits.share_bytes:
        sentence = N_("您发给这个单位的附件合计最多 %(share)s MB，已有 %(used)s MB。请在留言中商定怎样传送文件。")
        raise FilesRefused([Problem(FIELD, sentence, _megabytes(share=limits.share_bytes, used=used))])


def _megabytes(**sizes: int) -> dict[str, str]:
    """Sizes as sentences say them."""
    return {name: f"{size / MEGABYTE:.1f}" for name, size in sizes.items()}


def _store(
    session: Session,
    owner: Owner,
    file: Prepared,
    position: int,
    visibility: Visibility,
    *,
    actor: Actor,
    now: datetime,
) -> Attachment:
    """One row with its contents."""
    names = ("kind", "file_name", "media_type", "size_bytes", "stored_bytes", "sha256", "width", "height")
    attachment = Attachment(
        owner_kind=owner.kind,
        owner_id=owner.id,
        organisation_id=owner.organisation_id,
        position=position,
        visibility=visibility,
        uploaded_by_id=actor.id,
        uploaded_at=now,
        changed_at=now,
        caption_zh="",
        caption_en="",
        version=1,
        **{name: getattr(file, name) for name in names},
    )
    session.add(attachment)
    session.flush()
    session.add_all(
        AttachmentContent(attachment_id=attachment.id, edge=edge, content=content)
        for edge, content in file.renditions.items()
    )
    return attachment


def _locked(session: Session, owner: Owner, attachment_id: int, expected_version: int | None) -> Attachment:
    """The file of this owner at the expected version; raises NotFound or StaleVersion."""
    attachment = attachment_for(session, owner.kind, owner.id, attachment_id, frozenset(Visibility))
    if expected_version is not None and expected_version != attachment.version:
        raise StaleVersion
    return attachment


def _siblings(session: Session, attachment: Attachment) -> list[Attachment]:
    """The files of the same owner and kind in order."""
    same = (
        Attachment.owner_kind == attachment.owner_kind,
        Attachment.owner_id == attachment.owner_id,
        Attachment.kind == attachment.kind,
    )
    return list(session.scalars(select(Attachment).where(*same).order_by(Attachment.position, Attachment.id)))


def _move(session: Session, attachment: Attachment, index: int) -> None:
    """Put the file at `index` among its siblings; each whose place changed gets a new version."""
    siblings = {one.id: one for one in _siblings(session, attachment)}
    for position, one_id in enumerate(moved(list(siblings), attachment.id, index), start=1):
        one = siblings[one_id]
        if one.position != position:
            one.position = position
            if one is not attachment:
                one.version += 1


def _note_change(
    session: Session, fact: str, attachment: Attachment, before: dict[str, Any], *, actor: Actor, now: datetime
) -> None:
    """A new version and an audit row, when something differs."""
    after = _said(attachment)
    differing = [name for name in NOTED if before[name] != after[name]]
    if differing:
        attachment.version += 1
        session.flush()
        old, new = ({name: values[name] for name in differing} for values in (before, after))
        _note(session, fact, attachment, actor=actor, now=now, before=old, after=new)


def _said(attachment: Attachment) -> dict[str, Any]:
    """What the audit log keeps of a file."""
    return {name: getattr(attachment, name) for name in NOTED}


def _note(
    session: Session,
    fact: str,
    attachment: Attachment,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """One row of the audit log about the owner of the file."""
    subject = (attachment.owner_kind.value, attachment.owner_id)
    file = {"attachment_id": attachment.id}
    audit.note(
        session,
        f"attachments.{fact}",
        subject,
        actor=actor,
        now=now,
        before={**file, **before} if before is not None else None,
        after={**file, **after} if after is not None else None,
    )

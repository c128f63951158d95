"""What the words of files are called."""

from booking.core.texts import N_
from models.vocabulary.attachments import Visibility

VISIBILITY = {
    Visibility.PUBLIC: N_("所有人"),
    Visibility.SIGNED_IN: N_("登录用户"),
    Visibility.STAFF: N_("仅管理人员"),
}

"""Who may call what: the register of mutual recognition, read by everybody, kept by officers of the authority."""

from tests.house.asking import NO_ONE
from tests.house.matrix.programmes import OFFICER
from tests.house.matrix.writing import page, post, read, sent, step
from tests.house.worlds import EVERYBODY

ENTRY = {"kind": "provider", "starts_on": "2026-01-01", "notice": "互认通知"}
OURS = ENTRY | {"organisation_id": "{authority}", "provider_id": "{organisation}"}
THEIRS = OURS | {"organisation_id": "{their_authority}"}
TYPED = ENTRY | {"organisation_id": "{authority}", "provider": "Our University"}
TYPED_THEIRS = TYPED | {"organisation_id": "{their_authority}"}
ENDING = {"ends_on": "{later_day}", "reason": "名单调整"}
CHECK = "authority={authority}&provider={their_organisation}&service_type=testing&on=2026-06-12"

RECOGNITIONS = (
    page("/recognitions"),
    page("/recognitions?authority={authority}&kind=provider&on=2026-06-12"),
    page("/recognitions.csv"),
    page("/recognitions/{recognition}"),
    sent("/recognitions", OFFICER, TYPED, other=403),
    sent("/recognitions", NO_ONE, TYPED_THEIRS, other=403),
    sent("/recognitions/{recognition}/end", OFFICER, ENDING, other=403),
    sent("/recognitions/{their_recognition}/end", NO_ONE, ENDING, other=403),
    read("/recognitions", EVERYBODY),
    read(f"/recognitions/check?{CHECK}", EVERYBODY),
    read("/recognitions/{recognition}", EVERYBODY),
    post("/recognitions", OFFICER, OURS, other=403),
    post("/recognitions", NO_ONE, THEIRS, other=403),
    step("/recognitions/{recognition}/end", OFFICER, ENDING, other=403),
    step("/recognitions/{their_recognition}/end", NO_ONE, ENDING, other=403),
)

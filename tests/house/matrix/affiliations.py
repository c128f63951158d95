"""Who may call what: affiliations."""

from typing import Any

from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import (
    ADMINS,
    AUDITOR,
    THEIR_ADMINS,
    change,
    drop,
    page,
    post,
    put,
    read,
    sent,
    step,
)
from tests.house.worlds import ADMIN, ALL_SEEING, PEOPLE, PLATFORM, THEIR_ADMIN

SEEING = ADMIN | ALL_SEEING


def bare(path: str, let_in: frozenset[str], **more: Any) -> Line:
    """A step that reads no body."""
    return Line(f"POST /api/v1{path}", let_in, **more)


GROUP = {"name_zh": "合作课题组", "side": "outside"}
ASKING = {"organisation_id": "{organisation}", "message": "新来的"}
MANY_FORM = {"affiliation_ids": "{asking_affiliation}", "ends_on": "{later_day}"}
MANY = {"affiliation_ids": ["{asking_affiliation}", "{their_asking_affiliation}"], "ends_on": "{later_day}"}
LAST_DAY = {"last_day": "{later_day}", "reason": "调离"}
WHY = {"reason": "查无此人"}
OF, ONE, WAITING = "/organisations/{organisation}", "/affiliations/{affiliation}", "/affiliations/{asking_affiliation}"

AFFILIATIONS = (
    page("/account/affiliations", PEOPLE),
    page("/account/affiliations?q=Our", PEOPLE),
    sent("/account/affiliations", PEOPLE, ASKING),
    sent("/account/affiliations/renew", NO_ONE, other=409),
    page("/account/affiliations/renew/unknown", NO_ONE, other=410, nobody=410),
    sent("/account/affiliations/renew/unknown", NO_ONE, other=410, nobody=410, is_open=True),
    sent(f"{WAITING}/withdraw", NO_ONE),
    page(f"{ONE}/leave", NO_ONE),
    sent(f"{ONE}/leave", NO_ONE),
    page(ONE, SEEING),
    page("/affiliations/{their_affiliation}", frozenset({"their_admin"}) | ALL_SEEING),
    sent(f"{WAITING}/confirm", ADMINS, {"staff_number": "7"}),
    sent(f"{WAITING}/refuse", ADMINS, WHY),
    sent(f"{ONE}/change", ADMINS, {"staff_number": "8"}),
    sent(f"{ONE}/end", ADMINS, LAST_DAY),
    page(f"{OF}/people", SEEING, other=403),
    page(f"{OF}/people?q=q", SEEING, other=403),
    page(f"{OF}/people/confirm?affiliation_ids={{asking_affiliation}}", ADMINS, other=403),
    page(f"{OF}/people/confirm?all=1", ADMINS, other=403),
    sent(f"{OF}/people/confirm", ADMINS, MANY_FORM, other=403, ok=200),
    page(f"{OF}/user-groups", SEEING, other=403),
    sent(f"{OF}/user-groups", ADMINS, GROUP, other=403),
    page("/user-groups/{user_group}", ADMINS),
    sent("/user-groups/{user_group}", ADMINS, GROUP),
    sent("/user-groups/{user_group}/remove", ADMINS),
    page(f"{OF}/mail-domains", SEEING, other=403),
    sent(f"{OF}/mail-domains", PLATFORM, {"domain": "our.example.cn"}, told=ADMIN, other=403),
    sent(f"{OF}/mail-domains/settings", ADMINS, {"mail_domain_days": "200"}, other=403),
    sent("/mail-domains/{domain}/remove", ADMINS),
)

ROSTER = {"text": "姓名,邮箱\n张三,zhang@example.cn\n"}

ROSTERS = (
    page(f"{OF}/rosters", SEEING, other=403),
    sent(f"{OF}/rosters", ADMINS, ROSTER, other=403),
    page("/rosters/template.csv", PEOPLE),
    page("/rosters/{roster}", SEEING),
    page("/rosters/{their_roster}", THEIR_ADMIN | ALL_SEEING),
    page("/rosters/{roster}/refused.csv", SEEING),
    page("/rosters/{their_roster}/refused.xlsx", THEIR_ADMIN | ALL_SEEING),
    sent("/rosters/{roster}/apply", ADMINS),
    sent("/rosters/{roster}/discard", ADMINS),
    page(f"{OF}/invitations", SEEING, other=403),
    sent("/invitations/{invitation}/resend", ADMINS),
    sent("/invitations/{invitation}/withdraw", ADMINS),
    sent("/invitations/{invitation}/link", ADMINS, ok=200),
    sent(f"{OF}/invitations/links", ADMINS, {"kind": "letters"}, other=403, ok=200),
    page("/invited", PEOPLE, nobody=200),
    page("/invited/unknown", NO_ONE, other=410, nobody=410),
    sent("/invited/unknown", NO_ONE, other=410),
    read(f"{OF}/rosters", SEEING, other=403),
    post(f"{OF}/rosters", ADMINS, ROSTER, other=403),
    read("/rosters/{roster}", SEEING),
    read("/rosters/{roster}/rows", SEEING),
    read("/rosters/{their_roster}/rows", THEIR_ADMIN | ALL_SEEING),
    read("/rosters/{roster}/missing", SEEING),
    step("/rosters/{roster}/apply", ADMINS, {}),
    step("/rosters/{their_roster}/apply", THEIR_ADMINS, {}),
    bare("/rosters/{roster}/discard", ADMINS),
    read(f"{OF}/invitations", SEEING, other=403),
    step(f"{OF}/invitations/links", ADMINS, {}, other=403),
    bare("/invitations/{invitation}/resend", ADMINS),
    bare("/invitations/{invitation}/withdraw", ADMINS),
    bare("/invitations/{invitation}/link", ADMINS),
    bare("/invitations/{their_invitation}/link", THEIR_ADMINS),
    step("/invitations/accept", NO_ONE, {"secret": "unknown"}, other=410),
)

AFFILIATIONS_API = (
    read("/affiliations"),
    read("/affiliations?organisation={organisation}", SEEING, other=403),
    read(ONE, SEEING),
    read("/affiliations/{their_affiliation}", frozenset({"their_admin"}) | ALL_SEEING),
    post("/affiliations", PEOPLE, ASKING),
    change(ONE, ADMINS, {"staff_number": "8"}),
    change("/affiliations/{their_affiliation}", THEIR_ADMINS, {"staff_number": "8"}),
    bare(f"{WAITING}/withdraw", NO_ONE),
    bare(f"{ONE}/leave", NO_ONE),
    step(f"{WAITING}/confirm", ADMINS, {"staff_number": "7"}),
    step(f"{WAITING}/refuse", ADMINS, WHY),
    step(f"{OF}/affiliations/confirm", ADMINS, MANY, other=403),
    step(f"{ONE}/end", ADMINS, LAST_DAY),
    bare("/affiliations/renewals", NO_ONE, other=409),
    step("/affiliations/renewals/confirm", NO_ONE, {"secret": "unknown"}, other=410),
    read(f"{OF}/user-groups", SEEING, other=403),
    post(f"{OF}/user-groups", ADMINS, GROUP, other=403),
    put("/user-groups/{user_group}", ADMINS, GROUP),
    put("/user-groups/{their_user_group}", THEIR_ADMINS, GROUP),
    drop("/user-groups/{user_group}", ADMINS),
    read(f"{OF}/mail-domains", SEEING, other=403),
    post(f"{OF}/mail-domains", PLATFORM, {"domain": "our.example.cn"}, told=ADMIN, other=403),
    drop("/mail-domains/{domain}", ADMINS),
    drop("/mail-domains/{their_domain}", THEIR_ADMINS),
    read(f"{OF}/affiliation-settings", SEEING, other=403),
    put(f"{OF}/affiliation-settings", ADMINS, {"mail_domain_days": 200}, other=403),
)

DAYS = {"starts_on": "{today}", "ends_on": "{later_day}", "purpose": "合作测试"}
VISITOR = {
    "name": "访客",
    "phone": "13900000000",
    "identity_kind": "passport",
    "identity_number": "G12345678",
    "starts_on": "{later_day}",
    "ends_on": "{later_day}",
    "purpose": "合作测试",
}

VISITS = (
    page(f"{OF}/visitors", SEEING, other=403),
    sent(f"{OF}/visitors", ADMINS, VISITOR, other=403),
    page("/visits/{visit}", SEEING),
    page("/visits/{their_visit}", THEIR_ADMIN | ALL_SEEING),
    sent("/visits/{visit}/confirm", ADMINS),
    sent("/visits/{visit}/refuse", ADMINS, WHY),
    page(f"{OF}/visitors?without_host=1", SEEING, other=403),
    sent("/visits/{visit}/host", ADMINS, {"host_email": "{member_email}"}),
    sent("/visits/{visit}/end", ADMINS, forbidden=AUDITOR),
    sent("/visits/{visit}/change", ADMINS, DAYS, forbidden=AUDITOR),
    sent("/visits/{visit}/identity", ADMINS, ok=200),
    read(f"{OF}/visitors", SEEING, other=403),
    post(f"{OF}/visitors", ADMINS, VISITOR, other=403),
    read("/visits/{visit}", SEEING),
    read("/visits/{their_visit}", THEIR_ADMIN | ALL_SEEING),
    bare("/visits/{visit}/confirm", ADMINS),
    bare("/visits/{their_visit}/confirm", THEIR_ADMINS),
    step("/visits/{visit}/refuse", ADMINS, WHY),
    step("/visits/{visit}/name-host", ADMINS, {"host_email": "{member_email}"}),
    step("/visits/{their_visit}/name-host", THEIR_ADMINS, {"host_email": "{their_member_email}"}),
    step("/visits/{visit}/end", ADMINS, {"nobody_came": True}, forbidden=AUDITOR),
    step("/visits/{visit}/change", ADMINS, DAYS, forbidden=AUDITOR),
    bare("/visits/{visit}/reveal", ADMINS),
    bare("/visits/{their_visit}/reveal", THEIR_ADMINS),
)

VERIFIERS = PLATFORM | {"operator"}
REGISTRANT = frozenset({"researcher"})
FIRM = {"name_zh": "Beispiel GmbH", "country": "DE"}
WHO = {"message": "设备处 023-68250000"}

REGISTRATIONS = (
    page("/registrations", VERIFIERS | AUDITOR, other=403),
    page("/registrations?state=verified", VERIFIERS | AUDITOR, other=403),
    page("/registrations/new", PEOPLE),
    sent("/registrations/new", PEOPLE, FIRM),
    page("/registrations/{registration}", VERIFIERS | AUDITOR | REGISTRANT),
    sent("/registrations/{registration}/verify", VERIFIERS, {"checked": "执照"}, forbidden=REGISTRANT | AUDITOR),
    sent("/registrations/{registration}/refuse", VERIFIERS, WHY, forbidden=REGISTRANT | AUDITOR),
    sent("/registrations/{registration}/withdraw", REGISTRANT, forbidden=VERIFIERS | AUDITOR),
    page("/registrations/{registration}/edit", REGISTRANT, forbidden=VERIFIERS | AUDITOR),
    sent("/registrations/{registration}/edit", REGISTRANT, FIRM, forbidden=VERIFIERS | AUDITOR),
    put("/registrations/{registration}", REGISTRANT, FIRM, forbidden=VERIFIERS | AUDITOR),
    page("/organisations/{unmanaged}/administration", PEOPLE),
    page("/organisations/{organisation}/administration", PEOPLE),
    sent("/organisations/{unmanaged}/administration", PEOPLE, WHO),
    sent("/organisations/{organisation}/administration", NO_ONE, WHO, other=409),
    post("/organisations/{unmanaged}/administration", PEOPLE, WHO),
    post("/organisations/{organisation}/administration", NO_ONE, WHO, other=409),
    page("/mail-domains/{waiting_domain}", PLATFORM),
    sent("/mail-domains/{waiting_domain}/verify", PLATFORM),
    sent("/mail-domains/{waiting_domain}/refuse", PLATFORM, WHY),
    read("/mail-domains", VERIFIERS, other=403),
    bare("/mail-domains/{waiting_domain}/verify", PLATFORM),
    step("/mail-domains/{waiting_domain}/refuse", PLATFORM, WHY),
    read("/registrations"),
    post("/registrations", PEOPLE, FIRM),
    read("/registrations/{registration}", VERIFIERS | AUDITOR | REGISTRANT),
    step("/registrations/{registration}/verify", VERIFIERS, {}, forbidden=REGISTRANT | AUDITOR),
    step("/registrations/{registration}/refuse", VERIFIERS, WHY, forbidden=REGISTRANT | AUDITOR),
    bare("/registrations/{registration}/withdraw", REGISTRANT, forbidden=VERIFIERS | AUDITOR),
)

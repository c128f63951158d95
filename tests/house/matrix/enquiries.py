"""Who may call what: enquiries, wishes, public answers."""

from tests.factories.pictures import photo
from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import HOLDER, INSIDERS, READERS, STEWARDS, change, drop, page, post, read, sent, step
from tests.house.worlds import ALL_SEEING, EVERYBODY, PEOPLE, PLATFORM, STAFF, THEIR_STAFF

ASKER, THEIR_ASKER, THEIR_ALL = HOLDER, frozenset({"their_holder"}), THEIR_STAFF | ALL_SEEING
ANSWERING = STAFF | PLATFORM
PARTIES = ASKER | INSIDERS
WORKERS = STAFF | THEIR_STAFF | ALL_SEEING
ON_REQUEST_STAFF = (STAFF - {"steward"}) | PLATFORM
ON_REQUEST_READERS = ON_REQUEST_STAFF | ALL_SEEING
AUDITOR = frozenset({"auditor"})
TECHNICIAN = frozenset({"technician"})
GIVING = ON_REQUEST_STAFF - TECHNICIAN
ASK = {"text": "能做吗？"}
FILES = {"files": photo()}
NEEDLESS = {"reason": "不需要"}
REMOVED = {"attachment_id": "{question_file}", "remove_reason": "不需要"}
ACCEPT = {"answer": "accept", "period_id": "{wished_period}"}
NO = {"answer": "refuse", "message": "检修"}
PAIR = {"question_zh": "多久？", "answer_zh": "三天。"}

ENQUIRIES = (
    page("/instruments/{published}/enquire", PEOPLE),
    page("/instruments/{draft}/enquire", NO_ONE),
    sent("/instruments/{published}/enquire", PEOPLE, ASK),
    sent("/instruments/{draft}/enquire", NO_ONE, ASK),
    page("/enquiries", PEOPLE),
    page("/enquiries/waiting", WORKERS, other=403),
    page("/enquiries/{question}", PARTIES),
    page("/enquiries/{wish}", ASKER | ON_REQUEST_READERS),
    page("/enquiries/{offered}", ASKER | ON_REQUEST_READERS),
    page("/enquiries/{their_question}", THEIR_STAFF | ALL_SEEING),
    sent("/enquiries/{question}/messages", ASKER | ANSWERING, ASK, forbidden=AUDITOR),
    sent("/enquiries/{question}/messages/{question_message}/withdraw", ASKER, forbidden=INSIDERS),
    sent("/enquiries/{question}/messages/{wish_message}/withdraw", NO_ONE, forbidden=INSIDERS, unknown=ASKER),
    sent("/enquiries/{question}/attachments/{question_file}/withdraw", ASKER, forbidden=INSIDERS),
    sent("/enquiries/{question}/remove-file", ANSWERING, REMOVED, forbidden=AUDITOR | ASKER),
    sent("/enquiries/{question}/close", ASKER | ANSWERING, forbidden=AUDITOR),
    sent("/enquiries/{question}/reopen", NO_ONE, forbidden=AUDITOR, told=NO_ONE, other=404, conflict=ASKER | ANSWERING),
    sent("/enquiries/{wish}/answer-wish", GIVING, ACCEPT, forbidden=AUDITOR | ASKER | TECHNICIAN),
    sent("/enquiries/{offered}/settle-offer", ASKER, {"accepts": "1"}, forbidden=ON_REQUEST_READERS),
    page("/enquiries/{question}/attachments/{question_file}", PARTIES),
    page("/enquiries/{question}/attachments/{question_file}/320", PARTIES),
    page("/enquiries/{question}/attachments/{photo}", NO_ONE),
    page("/enquiries/{their_question}/attachments/{question_file}", NO_ONE),
    page("/instruments/{published}/faq", STEWARDS, other=403),
    page("/instruments/{published}/faq?enquiry={their_question}", STEWARDS, other=403),
    sent("/instruments/{published}/faq", STEWARDS, PAIR, other=403),
    page("/instruments/{published}/faq/{faq}", STEWARDS, other=403),
    page("/instruments/{published}/faq/{their_faq}", NO_ONE, other=403, unknown=STEWARDS),
    sent("/instruments/{published}/faq/{faq}", STEWARDS, PAIR, other=403),
    sent("/instruments/{published}/faq/{faq}/move", STEWARDS, {"places": "1"}, other=403),
    sent("/instruments/{published}/faq/{faq}/remove", STEWARDS, other=403),
    post("/instruments/{published}/enquiries", PEOPLE - {"reader"}, ASK),
    post("/instruments/{draft}/enquiries", NO_ONE, ASK),
    read("/enquiries", PEOPLE),
    read("/enquiries?staffed=1", WORKERS, other=403),
    read("/enquiries/{question}", PARTIES),
    read("/enquiries/{their_question}", THEIR_STAFF | ALL_SEEING),
    post("/enquiries/{question}/messages", ASKER | ANSWERING, ASK, forbidden=AUDITOR),
    Line(
        "POST /api/v1/enquiries/{question}/attachments",
        ASKER | ANSWERING,
        ok=201,
        form=ASK,
        files=FILES,
        forbidden=AUDITOR,
    ),
    step("/enquiries/{question}/messages/{question_message}/withdraw", ASKER, {}, forbidden=INSIDERS),
    step(
        "/enquiries/{their_question}/messages/{their_question_message}/withdraw", THEIR_ASKER, {}, forbidden=THEIR_ALL
    ),
    drop("/enquiries/{question}/attachments/{question_file}", ASKER, forbidden=INSIDERS),
    step("/enquiries/{question}/attachments/{question_file}/remove", ANSWERING, NEEDLESS, forbidden=AUDITOR | ASKER),
    step("/enquiries/{question}/attachments/{photo}/remove", NO_ONE, NEEDLESS, forbidden=AUDITOR | ASKER),
    step("/enquiries/{question}/close", ASKER | ANSWERING, {}, forbidden=AUDITOR),
    step("/enquiries/{question}/reopen", NO_ONE, {}, forbidden=AUDITOR, conflict=ASKER | ANSWERING),
    step("/enquiries/{wish}/answer-wish", ON_REQUEST_STAFF, NO, forbidden=AUDITOR | ASKER),
    step("/enquiries/{offered}/settle-offer", ASKER, {"accepts": False}, forbidden=ON_REQUEST_READERS),
    read("/instruments/{published}/faq", EVERYBODY),
    read("/instruments/{draft}/faq", READERS, nobody=404),
    post("/instruments/{published}/faq", STEWARDS, PAIR, other=403),
    change("/instruments/{published}/faq/{faq}", STEWARDS, PAIR, other=403),
    change("/instruments/{published}/faq/{their_faq}", NO_ONE, PAIR, other=403, unknown=STEWARDS),
    drop("/instruments/{published}/faq/{faq}", STEWARDS, other=403),
)

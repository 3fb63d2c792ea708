"""A questionnaire as citizens will see it, without a token: nothing that is answered here can be sent.

It is the citizens' own document (`respond/form.html`), drawn anew; a script of its own stands where the sending one
would, and without scripts the form leads back to this page.
"""

from __future__ import annotations

from app.form_view import form_view
from app.rendering import Place
from app.templating import environment
from surveys.questionnaires.model import Questionnaire


def page(
    questionnaire: Questionnaire, device: str, language: str, *, asker: str, address: str, back: tuple[str, str],
    tried: bool,
) -> str:
    """The whole page. address: of the preview itself; back: (address, label) of the page it was opened from.

    tried: the form was sent without scripts, so the page says that nothing was taken.
    """
    language = language if language in questionnaire.languages else "vi"
    others = [other for other in questionnaire.languages if other != language]
    return environment().get_template("workshop/preview.html").render(
        form=form_view(questionnaire, language, {}, ()), place=Place(address, EXAMPLE[language]), asker=asker,
        token="", id="", slip="", simulated=False, language=language,
        alternate=f"{address}?lang={others[0]}" if others else None, again=None, ack_key={}, preview=True,
        device=device, back=back, tried=tried, said=SAID[language],
    )


EXAMPLE = {"vi": "Xã Ví Dụ, tỉnh Ví Dụ", "en": "Xã Ví Dụ, tỉnh Ví Dụ"}
SAID = {
    "vi": {
        "mark": "XEM THỬ – KHÔNG GỬI ĐI ĐƯỢC", "phone": "Điện thoại, rộng 360 điểm ảnh",
        "kiosk": "Máy đánh giá tại quầy, chữ lớn", "label": "Bản xem thử",
        "nothing": "Đây là bản xem thử, nên câu trả lời không được gửi đi và không được lưu.",
    },
    "en": {
        "mark": "PREVIEW – CANNOT BE SENT", "phone": "Phone, 360 pixels wide", "kiosk": "Kiosk, large letters",
        "label": "Preview", "nothing": "This is a preview: the answers are neither sent nor kept.",
    },
}

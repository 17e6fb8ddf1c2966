"""Ways to reach a person, however they are written, and the numbers and words that are none."""

from __future__ import annotations

import pytest

from tests.moderation.pairs import pair
from wall.moderation.contact import Contact
from wall.moderation.facts import NO_FACTS
from wall.moderation.numerals import runs
from wall.moderation.skeleton import unmasked
from wall.moderation.spelled import unspelled


def kind_of(text: str) -> str | None:
    finding = Contact().examine(*pair(text), NO_FACTS)
    return finding.text if finding else None


# -- numerals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("06 39 98 12 34", ["0639981234"]),
        ("zéro six trente-neuf quatre-vingt-dix-huit", ["063998"]),
        ("soixante et onze, soixante-douze, quatre-vingts", ["717280"]),
        ("septante-cinq nonante et un", ["7591"]),
        ("oh seven double oh triple nine", ["0700999"]),
        ("twenty-three, nine hundred", ["23900"]),
        ("seiscientos treinta y cuatro veintidós", ["63422"]),
        ("neununddreißig zwölf zwo", ["39122"]),
        ("电话一三八零零幺叁捌", ["13800138"]),
        ("O77OO l2", ["0770012"]),
        ("①③⑧ and ８", ["138", "8"]),
        ("0️⃣6️⃣", ["06"]),
        ("1😀2😀3", ["123"]),
        ("12 rooms and 13 halls", ["12", "13"]),
        ("#20261122 @2026", []),
        ("double trouble", []),
        ("quatre saisons", ["4"]),
        ("", []),
    ],
)
def test_digits_are_read_however_they_are_written(text: str, digits: list[str]) -> None:
    assert [run.digits for run in runs(unmasked(text))] == digits


def test_only_figures_with_plain_gaps_are_plain() -> None:
    assert [run.is_plain for run in runs("06 39-98.12")] == [True]
    for text in ("06 trente-neuf", "06*39", "O6 39", "06, 39"):
        assert [run.is_plain for run in runs(text)] == [False], text


# -- phone numbers and accounts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "06_39_98_12_34",
        "0 6 3 9 9 8 1 2 3 4",
        "o6 39 98 l2 34",
        "0639981234 0639984567",
        "Call 2845 6719",
        "+45 20 12 34 56",
        "inv. 06 39 98 12 34",
        "le 12/11/2026 au 06*39*98*12*34",
        "zero seven seven zero zero nine zero zero four five six",
        "幺三八零零幺三八零零零",
        "seis uno dos tres cuatro cinco seis siete ocho",
        "null eins sieben eins drei neun zwei null null eins zwei",
    ],
)
def test_phone_numbers_in_disguise(text: str) -> None:
    assert kind_of(text) == "phone"


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 978-0-14-044913-6",
        "978-2-07-036822-8",
        "Inv. 2019.12.34.567",
        "藏品编号 2019-0012-3456",
        "21-19 18-21 21-17",
        "1851 1889 1900 1937",
        "101, 102, 103, 104 et 105",
        "10 9 8 7 6 5 4 3 2 1",
        "loges 12 14 16 18 20",
        "dix, neuf, huit, sept, six, cinq, quatre, trois, deux, un",
        "十、九、八、七、六、五、四、三、二、一",
        "1 234 567 890 étoiles",
        "1.000.000.000 de pas",
        "192.168.100.200",
        "821/850/860",
        "3.14159265358",
        "0123456789",
        "vom 12.11.2026 bis 03.01.2027, 10:00-18:00",
        "2026-11-22 2026-11-23",
        "très six dos once",
    ],
)
def test_numbers_that_are_nobodys(text: str) -> None:
    assert kind_of(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FR76-3000-6000-0112-3456-7890-189", "iban"),
        ("F R 7 6 3 0 0 0 6 0 0 0 0 1 1 2 3 4 5 6 7 8 9 0 1 8 9", "iban"),
        ("gb82 west 1234 5698 7654 32, thank you", "iban"),
        ("DE89 ABCD EFGH IJKL MNOP QR", None),
        ("field size must be 16 when value is relocatable", None),
        ("转账到 6222 0212 0001 1234 567", "iban"),
        ("card 4111 1111 1111 1111", "iban"),
        ("4111 1111 1111 1111", "iban"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "wallet"),
        ("给0x52908400098527886E0F7030069857D2E4169EE7转", "wallet"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "wallet"),
        ("sha 0x5290840009852788", None),
    ],
)
def test_accounts(text: str, kind: str | None) -> None:
    assert kind_of(text) == kind


# -- addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("sam dot lee at example dot com", "sam.lee@example.com"),
        ("sam.lee(a)example.com", "sam.lee@example.com"),
        ("marie arobase example point org", "marie@example.org"),
        ("marie.dupont @ example . org", "marie.dupont@example.org"),
        ("jan [ät] example (Punkt) de", "jan@example.de"),
        ("wang艾特example点cn", "wang@example.cn"),
        ("www . x . de", "www.x.de"),
        ("www punto entradas punto es", "www.entradas.es"),
        ("billets point com", "billets.com"),
        ("piaofan。com", "piaofan.com"),
    ],
)
def test_spelled_addresses_become_signs(text: str, sign: str) -> None:
    assert unspelled(text) == sign


@pytest.mark.parametrize(
    "text",
    [
        "un point de vue, le point fort",
        "a las nueve en punto es increíble",
        "at this point in time",
        "tickets at example.org",
        "see you at nine dot",
        "bravo @ines.bsky.social",
        "早上9点到晚上9点半",
        "merci @musee. Bravo",
        "option (b) or none",
    ],
)
def test_words_that_stay_words(text: str) -> None:
    assert unspelled(text) == text
    assert kind_of(text) is None


def test_a_sign_to_be_swapped_is_an_address() -> None:
    assert kind_of("wang#example.cn（#换成@）") == "email"
    assert kind_of("replace # with @: sam#example.com") == "email"


# -- messengers and codes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Telegram @cheap_tix", "messenger"),
        ("add my snap: samtix", "messenger"),
        ("write to t.me/samtix", "messenger"),
        ("my wechat id is samtix88", "messenger"),
        ("加我微信 wang_piao88", "messenger"),
        ("➕v：wangpiao88", "messenger"),
        ("QQ: 1234567890", "messenger"),
        ("卫星：wangpiao88", "messenger"),
        ("Scan my QR code", "scan"),
        ("Free tickets, scan this code", "scan"),
        ("扫码加我领红包", "scan"),
    ],
)
def test_calls_to_meet_elsewhere(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "The museum is on WeChat and Telegram now",
        "Le groupe WhatsApp de la classe explose",
        "The line is long. Next in line: everyone",
        "The signal: red, then green",
        "Scannez le QR code du cartel, le commentaire est top",
        "扫展板上的二维码可以听讲解",
        "我的微信步数今天两万",
        "微信公众号：vauclair_museum",
        "卫星 dongfanghong1 的模型",
        "C++ version2 的课",
        "photo @ines.photo sur Insta",
        "设置 linestyle 就行",
        "NT_S390_VXRS_LOW",
    ],
)
def test_talk_about_them_is_none(text: str) -> None:
    assert kind_of(text) is None

"""Texts that are alike: how many copies the signatures find, how many strangers they take for copies, and the time.

    python -m bench.alike [TEXTS]

The texts are put together from phrases of a museum's night in five languages, two or three sentences each, so that
strangers have words in common as people at one event do. Copies are edited the way campaigns edit them.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import combinations

from wall.moderation.signature import TEXT_NEAR, equal_slots, exact, fold, sketch, text_bands

PHRASES: dict[str, tuple[str, ...]] = {
    "fr": (
        "Ma grand-mère|Le gardien de nuit|Une petite fille|Mon voisin|La harpiste|Un monsieur en gris|"
        "Notre guide|Le vieux chat|Toute la classe|Celle qui vend les billets|Mon frère Paul|"
        "Une inconnue",
        "a retrouvé|regarde en silence|photographie|raconte à tout le monde|cherche depuis une heure|"
        "dessine|a failli renverser|explique très bien|compare à la mer|applaudit|imite|n'a pas compris",
        "la fresque du plafond|l'orgue à bougies|un squelette de baleine|les horloges arrêtées|"
        "le grand escalier|trois masques bleus|la barque égyptienne|son reflet dans la vitrine|"
        "une mosaïque d'oiseaux|le pendule|le portrait sans visage|ce drôle de miroir",
        "au sous-sol|près du vestiaire|sous la verrière|devant le bassin|dans la salle rouge|"
        "à minuit pile|avant la fermeture|pendant l'averse|entre deux concerts|tout en haut",
    ),
    "en": (
        "My grandmother|The night guard|A small girl in boots|Our neighbour|The harp player|"
        "Some man in grey|The tour guide|An old cat|Half of my class|The ticket lady|Brother Paul|"
        "A perfect stranger",
        "found|keeps staring at|photographs|tells everybody about|has been looking for|sketches|"
        "nearly knocked over|understands|quietly applauds|compares to the sea|dances around|is afraid of",
        "the painted ceiling|a candle organ|that whale skeleton|all the stopped clocks|"
        "the marble staircase|three blue masks|an Egyptian boat|her own reflection|the bird mosaic|"
        "the swinging pendulum|a portrait without a face|this very odd mirror",
        "in the basement|near the cloakroom|under the glass roof|by the fountain|in room seven|"
        "at midnight sharp|just before closing|during the downpour|between two concerts|at the very top",
    ),
    "de": (
        "Meine Großmutter|Der Nachtwächter|Ein kleines Mädchen|Unser Nachbar|Die Harfenistin|"
        "Ein Herr in Grau|Die Führerin|Der alte Kater|Die halbe Klasse|Die Frau an der Kasse|"
        "Bruder Paul|Eine Unbekannte",
        "bestaunt|fotografiert|sucht seit einer Stunde|zeichnet|erklärt allen|vergleicht mit dem Meer|"
        "beklatscht|fürchtet|versteht endlich|umkreist tanzend|hätte fast umgeworfen|vermisst",
        "das Deckengemälde|die Kerzenorgel|das Walskelett|die stehenden Uhren|die große Treppe|"
        "drei blaue Masken|das ägyptische Boot|ihr Spiegelbild|das Vogelmosaik|das Pendel|"
        "ein Bildnis ohne Gesicht|diesen seltsamen Spiegel",
        "im Keller|neben der Garderobe|unter dem Glasdach|am Brunnen|in Saal sieben|Punkt Mitternacht|"
        "kurz vor Schluss|während es schüttet|zwischen zwei Konzerten|ganz oben",
    ),
    "es": (
        "Mi abuela|El guardia de noche|Una niña pequeña|Nuestro vecino|La arpista|Un señor de gris|"
        "La guía|El gato viejo|Media clase|La taquillera|Mi hermano Pablo|Una desconocida",
        "encontró|mira en silencio|fotografía|cuenta a todos|busca desde hace una hora|dibuja|casi tira|"
        "entiende|compara con el mar|aplaude|imita|teme",
        "el techo pintado|un órgano de velas|el esqueleto de ballena|los relojes parados|"
        "la gran escalera|tres máscaras azules|la barca egipcia|su propio reflejo|el mosaico de pájaros|"
        "el péndulo|un retrato sin rostro|este espejo tan raro",
        "en el sótano|junto al guardarropa|bajo la cúpula de cristal|ante la fuente|en la sala siete|"
        "a medianoche en punto|antes del cierre|durante el chaparrón|entre dos conciertos|"
        "arriba del todo",
    ),
    "zh": (
        "我奶奶|守夜的大叔|穿雨靴的小姑娘|隔壁邻居|弹竖琴的姐姐|灰衣先生|讲解员|老橘猫|半个班的同学|"
        "售票阿姨|我哥|一位陌生人",
        "找到了|静静看着|拍下了|逢人就讲|找了一小时的|画下|差点碰倒|终于看懂|悄悄为之鼓掌|绕着转圈|"
        "有点害怕|舍不得离开",
        "天花板上的壁画|蜡烛管风琴|鲸鱼骨架|停摆的钟表|大理石楼梯|三张蓝色面具|埃及木船|玻璃里的倒影|"
        "飞鸟马赛克|大钟摆|没有脸的画像|奇怪的镜子",
        "在地下一层|在衣帽间旁边|在玻璃穹顶下|在喷泉前|在七号展厅|在午夜整点|在闭馆之前|趁着大雨|"
        "在两场音乐会之间|在最高处",
    ),
}


def written(dice: random.Random, lang: str, *, count: int = 0) -> str:
    """So many sentences; 0: two or three."""
    blank, stop = ("", "。") if lang == "zh" else (" ", ". ")
    sentences = [
        blank.join(dice.choice(part.split("|")) for part in PHRASES[lang])
        for _ in range(count or dice.randint(2, 3))
    ]
    return stop.join(sentences) + stop.strip()


def with_other_signs(dice: random.Random, text: str) -> str:
    number = dice.randint(10, 9999)
    return f"@someone{number} {text.upper()} 🔥🔥 {number} https://x.example/{number} #tag{number}"


def with_other_letters(_dice: random.Random, text: str) -> str:
    return text.replace("e", "е").replace("a", "а").replace("o", "0").replace(" ", "\u200b ")


def with_another_word(dice: random.Random, text: str) -> str:
    words = text.split(" ")
    if len(words) < 3:
        at = dice.randrange(len(text) - 2)
        return f"{text[:at]}灯火{text[at + 2 :]}"
    words[dice.randrange(len(words))] = dice.choice(("lanterns", "zigzag", "hullabaloo"))
    return " ".join(words)


def with_two_other_words(dice: random.Random, text: str) -> str:
    return with_another_word(dice, with_another_word(dice, text))


def with_a_sentence_more(dice: random.Random, text: str) -> str:
    return f"{text} {dice.choice(('See you all there tonight!', 'Venez nombreux ce soir !', '今晚大家都来吧！'))}"


EDITS: tuple[Callable[[random.Random, str], str], ...] = (
    with_other_signs,
    with_other_letters,
    with_another_word,
    with_two_other_words,
    with_a_sentence_more,
)


def found(text: str, copy: str) -> bool:
    one, other = fold(text), fold(copy)
    if one is None or other is None:
        return False
    if exact(one) == exact(other):
        return True
    ours, theirs = sketch(one), sketch(other)
    if ours is None or theirs is None or equal_slots(ours, theirs) < TEXT_NEAR:
        return False
    return bool(set(text_bands(ours)) & set(text_bands(theirs)))


def report(count: int) -> Iterator[str]:
    dice = random.Random(7)
    each = count // len(PHRASES)
    for sentences in (1, 2, 3):
        yield f"copies found, texts of {sentences} sentence{'' if sentences == 1 else 's'}"
        some_of = {lang: [written(dice, lang, count=sentences) for _ in range(each)] for lang in PHRASES}
        for edit in EDITS:
            shares = [sum(found(text, edit(dice, text)) for text in some) / each for some in some_of.values()]
            yield f"  {edit.__name__:21} " + "  ".join(
                f"{lang} {share:6.1%}" for lang, share in zip(some_of, shares, strict=True)
            )
        yield "  characters            " + "  ".join(
            f"{lang} {sum(map(len, some)) / each:5.0f} " for lang, some in some_of.items()
        )
    texts = {lang: sorted({written(dice, lang) for _ in range(each)}) for lang in PHRASES}
    for lang, some in texts.items():
        sketches = [value for text in some if (value := sketch(fold(text) or "")) is not None]
        near = shared = pairs = 0
        banded = [frozenset(text_bands(value)) for value in sketches]
        for (one, his), (other, hers) in combinations(zip(sketches, banded, strict=True), 2):
            pairs += 1
            if his & hers:
                shared += 1
                near += equal_slots(one, other) >= TEXT_NEAR
        yield f"strangers {lang}: {pairs} pairs, {shared} looked at closer, {near} taken for copies"
    everything = [text for some in texts.values() for text in some]
    begin = time.perf_counter()
    for text in everything:
        if (letters := fold(text)) is not None:
            exact(letters)
            if (value := sketch(letters)) is not None:
                text_bands(value)
    spent = (time.perf_counter() - begin) / len(everything)
    mean = sum(map(len, everything)) / len(everything)
    yield f"{spent * 1000:.2f} ms a text of {mean:.0f} characters"


if __name__ == "__main__":
    for line in report(int(sys.argv[1]) if len(sys.argv) > 1 else 5000):
        print(line, flush=True)

"""The language model and the sounds of words, without a recogniser."""

from __future__ import annotations

import pytest

from teamvoice.offline import language, phrases, sounds, wording
from teamvoice.offline.vocabulary import spoken
from tests.support.commands import TEAM


@pytest.mark.parametrize("pairs", [{}, {("rest", "stop"): 0.6, ("stop", "rest"): 0.4}])
def test_probabilities_after_every_context_sum_to_one(
    pairs: dict[tuple[str, ...], float],
) -> None:
    sentences = [("stop", "it"), ("stop", "them"), ("run", "it")]
    model = language.arpa(sentences, {"rest": 1.0}, 0.3, pairs, 3.0)
    grams: dict[tuple[str, ...], tuple[float, float]] = {}
    for line in model.splitlines():
        chance, *rest = line.split()[:1] or [""]
        if not rest and chance.lstrip("-").replace(".", "").isdigit():
            _, *fields = line.split()
            weight = (
                float(fields.pop()) if fields[-1].lstrip("-").replace(".", "").isdigit() else 0.0
            )
            grams[tuple(fields)] = (10 ** float(chance), 10**weight)
    vocabulary = [gram[0] for gram in grams if len(gram) == 1 and gram != ("<s>",)]

    def chance_of(gram: tuple[str, ...]) -> float:
        if gram in grams:
            return grams[gram][0]
        return (
            grams[gram[:-1]][1] * chance_of(gram[1:]) if gram[:-1] in grams else chance_of(gram[1:])
        )

    for context in [(), *(gram for gram in grams if len(gram) < 3 and gram[-1] != "</s>")]:
        assert sum(chance_of((*context, word)) for word in vocabulary) == pytest.approx(1, abs=0.01)


def test_a_pair_with_an_unknown_word_is_left_out_and_a_known_one_is_likelier() -> None:
    pairs: dict[tuple[str, ...], float] = {("run", "rest"): 0.5, ("run", "nowhere"): 0.5}
    model = language.arpa([("run", "it")], {"rest": 1.0}, 0.3, pairs).splitlines()
    assert [line for line in model if line.split()[1:3] == ["run", "rest"]]
    assert not [line for line in model if "nowhere" in line]


def test_every_way_to_say_a_member_is_expected() -> None:
    heard = {word for sentence in phrases.sentences(TEAM) for word in sentence}
    assert {"developer", "dev", "engineer", "pm", "manager", "developer's"} <= heard
    assert not [word for word in heard if "<" in word]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sql", "EH S K Y UW EH L"),
        ("x's", "EH K S IH Z"),
        ("treehouse", "T R IY HH AW S"),
    ],
)
def test_a_word_without_an_entry_gets_phones(word: str, said: str) -> None:
    known = {"tree": "T R IY", "house": "HH AW S"}
    assert sounds.phones(word, known.get) == said


def test_spelling_rules_know_the_silent_e_and_doubled_letters() -> None:
    assert sounds.by_rule("flake") == "F L EY K"
    assert sounds.by_rule("grubber") == "G R AH B ER"


@pytest.mark.parametrize(
    ("name", "words"),
    [("code_reviewer", "code reviewer"), ("FrontEnd-2", "front end two"), ("PM", "pm")],
)
def test_a_written_name_is_said_in_words(name: str, words: str) -> None:
    assert spoken(name) == tuple(words.split())


def test_text_is_made_speakable_and_no_piece_is_long() -> None:
    assert wording.speakable("see ~/x/foo_bar.py → 80%") == "see foo bar dot py to 80 percent"
    pieces = list(wording.sentences("Done. " + "a, " * 300 + "b" * 400))
    assert max(map(len, pieces)) <= wording.LONGEST_CHARS
    assert pieces[0] == "Done."
